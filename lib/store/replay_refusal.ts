import { hash } from 'node:crypto';

import { decodeJwt } from 'jose';
import { errors, Provider } from 'oidc-provider';

/** Core's routes that refuse a used proof in other words than the token endpoint does. */
const refusals: Readonly<Record<string, new (description: string) => Error>> = {
  pushed_authorization_request: errors.InvalidRequest,
  userinfo: errors.InvalidToken,
};

/** True while core is at work on a request: an assertion or proof it looks for is saved next, and that decides. */
export function isBeingDecided(): boolean {
  return Provider.ctx !== undefined;
}

/**
 * Makes the refusal that core would have given, had it found the assertion or proof. `KnexAdapter.unique()` decides.
 * Core keeps both kinds in one namespace and hashes the ids: a comparison with the client's own parameters shows which
 * of them it is.
 *
 * @returns a function to call when the request is refused
 */
export function replayRefusal(id: string, iss: unknown): () => Error {
  const { params, route = '' } = Provider.ctx?.oidc ?? {};
  return () => {
    const { client_assertion } = (params ?? {}) as { client_assertion?: string };
    const jti = client_assertion && decodeJwt(client_assertion).jti;
    if (jti && hash('sha256', `${iss}${jti}`, 'base64url') === id) {
      return new errors.InvalidClientAuth('client assertion tokens must only be used once');
    }
    return new (refusals[route] ?? errors.InvalidGrant)('DPoP proof JWT Replay detected');
  };
}
