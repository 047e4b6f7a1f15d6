import { hash } from 'node:crypto';

import { decodeJwt } from 'jose';
import { errors, Provider } from 'oidc-provider';

/** Where oidc-provider refuses a proof in other words than at the token endpoint. */
const refusals: Readonly<Record<string, new (description: string) => Error>> = {
  pushed_authorization_request: errors.InvalidRequest,
  userinfo: errors.InvalidToken,
};

/** Whether oidc-provider is at work on a request: what it looks for among used assertions and proofs, it saves next. */
export function isBeingDecided(): boolean {
  return Provider.ctx !== undefined;
}

/**
 * What oidc-provider would say if it had found the assertion or proof. It asks for both in one namespace and hashes
 * what it asks for, so which of them it is shows only in comparison with what the client sent.
 * @returns to be called when the request is refused, wherever that is
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
