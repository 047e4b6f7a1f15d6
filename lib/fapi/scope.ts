import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';

import type { Mechanism } from './mechanism.ts';

function nothingAsked(): never {
  throw new errors.InvalidScope('no scope this server knows was requested', '');
}

/** Core asks this of `extraParams` at every push, when it has dropped the scopes it does not know. */
function checkScope({ oidc: { params = {} } }: KoaContextWithOIDC, scope: string | undefined): void {
  const { authorization_details, resource } = params;
  if (!scope && authorization_details === undefined && resource === undefined) nothingAsked();
}

/**
 * A request asks for something: without a scope the person would be asked to consent to nothing, and the token be good for
 * nothing. A scope nobody knows, beside one that is known, stays ignored.
 *
 * @see [RFC 6749 section 3.3 - Access Token Scope](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.3)
 */
export function scope(): Mechanism {
  return {
    name: 'scope',
    clauses: [
      {
        id: 'RFC6749-3.3',
        text: 'a request without a scope the server knows fails with invalid_scope, unless it asks by authorization_details or resource',
      },
    ],
    hooks: {
      'extraParams.scope': (theirs) => async (ctx, value, client) => {
        checkScope(ctx, value);
        await theirs?.(ctx, value, client);
      },
      extraTokenClaims: (theirs) => async (ctx, token) => {
        if (token.kind === 'ClientCredentials' && !token.aud) {
          // Core keeps what it does not know; where a resource is asked for, it has gone through its scopes.
          token.scope = [...ctx.oidc.requestParamOIDCScopes].join(' ') || undefined;
          if (!token.scope && !token.rar) nothingAsked();
        }
        return theirs?.(ctx, token);
      },
    },
  };
}
