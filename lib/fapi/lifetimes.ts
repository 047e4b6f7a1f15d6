import type { AccessToken, AuthorizationCode, ClientCredentials } from 'oidc-provider';

import { seconds } from '../seconds.ts';

/**
 * The lifetime that a function of the deployment's asks for, in seconds, and at most the limit. An answer that is no
 * lifetime, a promise or `NaN` for example, is not taken: then the lifetime is `otherwise`.
 */
export function bounded(asked: unknown, limit: number, otherwise = limit): number {
  const wanted = Math.floor(Number(asked));
  return wanted >= 1 ? Math.min(wanted, limit) : otherwise;
}

type Limited = AccessToken | AuthorizationCode | ClientCredentials;

/** Caps the lifetime of everything of a model, also where a grant or a page of the deployment's own makes it. */
export function endInTime({ prototype }: { prototype: Limited }, longest: number): void {
  const save = prototype.save as (this: Limited, ttl?: number) => Promise<string>;
  prototype.save = function saveLimited(this: Limited & { expiresIn?: number }, ttl?: number) {
    if (this.remainingTTL > longest) {
      Object.assign(this, this.exp ? { exp: seconds() + longest } : { expiresIn: longest });
    }
    return save.call(this, ttl);
  };
}
