import knexModule from 'knex';
import type { Configuration } from 'oidc-provider';

import { loadKeys } from '../../lib/keys/keys.ts';
import { merge } from '../../lib/merge.ts';
import type { Profile } from '../../lib/profile.ts';
import { knexAdapter } from '../../lib/store/adapter.ts';

/** Secrets made for this run. */
export const keys = await loadKeys(async (_name, make) => await make());

const { default: knex } = knexModule;

/** A configuration inside every profile, with what a test lays over it. No statement is sent to its database. */
export function configurationWith(own: Configuration = {}): Configuration {
  const adapter = knexAdapter(knex({ client: 'pg' }), { encryption_keys: [Buffer.alloc(32, 1).toString('base64url')] });
  const inside: Configuration = {
    adapter,
    jwks: keys.jwks as NonNullable<Configuration['jwks']>,
    cookies: { keys: keys.cookies },
  };
  return merge(inside, own);
}

/** The profile with one mechanism less: what that mechanism holds is to fall. */
export function without(profile: Profile, mechanism: string): Profile {
  const mechanisms = profile.mechanisms.filter(({ name }) => name !== mechanism);
  if (mechanisms.length === profile.mechanisms.length) throw new TypeError(`${mechanism} is not in ${profile.name}`);
  return { ...profile, mechanisms };
}
