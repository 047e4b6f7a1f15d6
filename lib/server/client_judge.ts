import type Provider from 'oidc-provider';

import type { JudgeClient } from '../clients/metadata.ts';
import type { Config } from '../config/load.ts';
import { refusedByCore } from '../fapi_provider.ts';
import { clientViolations, layered } from '../profile.ts';
import { configurationOf, type Parts, profileOf } from './provider.ts';

/** Judges a client as the provider of a configuration would that meets it: by the profile's rules, then by core's. */
export function clientJudge(config: Config, parts: Parts, provider: Provider): JudgeClient {
  const profile = profileOf(config, parts);
  const merged = layered(profile, configurationOf(config, parts));
  return function judge(metadata) {
    const found = clientViolations(profile, metadata, merged);
    if (found.length > 0) return found;
    return refusedByCore(provider, [metadata]).map(({ path, ...violation }) => violation);
  };
}
