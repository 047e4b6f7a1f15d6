import { readFileSync } from 'node:fs';

import Provider from 'oidc-provider';

import { stages } from '../../lib/fapi/stages.ts';
import { judged } from '../../lib/profile.ts';
import { fapi2MessageSigning } from '../../lib/profiles/fapi2_message_signing.ts';
import { configurationWith } from './configuration.ts';
import { table } from './markdown.ts';

const issuer = 'https://as.example.com';

/** Each stage a request passes, what it is for in the words of the code, and the profile's middleware in it, in order. */
export function stageRows(): string {
  const source = readFileSync(new URL('../../lib/fapi/stages.ts', import.meta.url), 'utf8');
  const profile = fapi2MessageSigning({ mtls: { url: 'https://mtls.as.example.com' } });
  const configuration = configurationWith({ features: { devInteractions: { enabled: false } } });
  const provider = new Provider(issuer, configuration);
  const settled = judged(profile, configuration, issuer);
  const given = profile.mechanisms.map((mechanism) => ({
    link: `[\`${mechanism.name}\`](fapi/${mechanism.name}.ts)`,
    staged: mechanism.middleware?.(provider, settled) ?? {},
  }));
  const rows = stages.map((stage) => {
    const [, purpose = ''] = new RegExp(`'${stage}', // (.+)`).exec(source) ?? [];
    const ours = given.flatMap(({ link, staged }) =>
      (staged[stage] ?? []).map((middleware) => `\`${middleware.name}\` (${link})`),
    );
    return [`\`${stage}\``, purpose, ours.join(', ')];
  });
  return table(['stage', 'for', 'middleware of the profile'], rows);
}
