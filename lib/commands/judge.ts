import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';

import knexModule from 'knex';

import type { Config } from '../config/load.ts';
import { ProfileViolationError, type Violation } from '../errors.ts';
import { loadKeys } from '../keys/keys.ts';
import { createProvider, type Parts } from '../server/provider.ts';
import { knexAdapter } from '../store/adapter.ts';

/** What a provider is made of, without anything a running one needs: no database answers, no key is kept. */
export async function stand(config: Config): Promise<Parts> {
  const { ca } = config.mtls ?? {};
  return {
    adapter: knexAdapter(knexModule.knex({ client: 'pg' }), config.database),
    accounts: { authenticate: async () => undefined, findAccount: () => undefined },
    keys: await loadKeys(async (_name, make) => make(), config.keys?.jwks as Parameters<typeof loadKeys>[1]),
    // A file that cannot be read is a problem already reported; that there is none would be one more, and wrong.
    authorities: ca ? [await readFile(ca, 'utf8').catch(() => rootCertificates[0] ?? '')] : [],
  };
}

/** Every way in which a configuration is outside its profile: found by making the provider, and throwing it away. */
export async function judge(config: Config): Promise<readonly Violation[]> {
  try {
    createProvider(config, await stand(config));
    return [];
  } catch (error) {
    if (error instanceof ProfileViolationError) return error.violations;
    throw error;
  }
}
