import type { Configuration } from 'oidc-provider';

import { Nowhere } from '../../lib/commands/judge.ts';
import { loadKeys } from '../../lib/keys/keys.ts';
import { merge } from '../../lib/merge.ts';
import type { Profile } from '../../lib/profile.ts';

/** Secrets made for this run. */
export const keys = await loadKeys(async (_name, make) => await make());

/** A configuration inside every profile, with what a test lays over it. Its adapter keeps nothing. */
export function configurationWith(own: Configuration = {}): Configuration {
  const adapter: NonNullable<Configuration['adapter']> = () => new Nowhere();
  const inside: Configuration = {
    adapter,
    jwks: keys.jwks as NonNullable<Configuration['jwks']>,
    cookies: { keys: keys.cookies },
    features: { dPoP: { nonceSecret: keys.dpopNonce } },
  };
  return merge(inside, own);
}

/** The profile with one mechanism less: what that mechanism holds is to fall. */
export function without(profile: Profile, mechanism: string): Profile {
  const mechanisms = profile.mechanisms.filter(({ name }) => name !== mechanism);
  if (mechanisms.length === profile.mechanisms.length) throw new TypeError(`${mechanism} is not in ${profile.name}`);
  return { ...profile, mechanisms };
}
