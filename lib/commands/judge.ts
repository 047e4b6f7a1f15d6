import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';

import knexModule from 'knex';

import { readCertificates } from '../certificates/pem.ts';
import type { Config } from '../config/load.ts';
import { ProfileViolationError, type Violation } from '../errors.ts';
import { loadKeys } from '../keys/keys.ts';
import { violations } from '../profile.ts';
import { configurationOf, createProvider, type Parts, profileOf } from '../server/provider.ts';
import { knexAdapter } from '../store/adapter.ts';

/** Stands for keys that will be made, or are kept in a database nobody has asked yet. */
const placeholder = { keys: [{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', kid: 'made at the first start' }] };

/** A file that cannot be used is a problem already reported; that there is no authority would be one more, and wrong. */
async function authorityOf(file: string): Promise<string> {
  try {
    const text = await readFile(file, 'utf8');
    readCertificates(text);
    return text;
  } catch {
    return rootCertificates[0] ?? '';
  }
}

/** What a provider is made of, without anything a running one needs: no database answers, no key is made or kept. */
export async function stand(config: Config, make = false): Promise<Parts> {
  const { ca } = config.mtls ?? {};
  const own = config.keys?.jwks as Parameters<typeof loadKeys>[1];
  return {
    adapter: knexAdapter(knexModule.knex({ client: 'pg' }), config.database),
    accounts: { authenticate: async () => undefined, findAccount: () => undefined },
    keys: await loadKeys(async (_name, made) => made(), own ?? (make ? undefined : placeholder)),
    authorities: ca ? [await authorityOf(ca)] : [],
  };
}

/** Every way in which a configuration is outside its profile. No provider is made: the one that serves says what core adds. */
export async function judge(config: Config): Promise<readonly Violation[]> {
  const parts = await stand(config);
  return violations(profileOf(config, parts), configurationOf(config, parts));
}

/** The same, and what core itself would refuse: found by making the provider, for who does not go on to serve. */
export async function judgeWhole(config: Config): Promise<readonly Violation[]> {
  try {
    createProvider(config, await stand(config, true));
    return [];
  } catch (error) {
    if (error instanceof ProfileViolationError) return error.violations;
    throw error;
  }
}
