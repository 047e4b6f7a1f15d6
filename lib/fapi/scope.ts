import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';

import type { Mechanism } from './mechanism.ts';

function nothingAsked(): never {
  throw new errors.InvalidScope('no scope this server knows was requested', '');
}

/**
 * Refuses a request that asks for nothing: no scope, no resource, no details. Core calls it by `extraParams` at every
 * push, when it has dropped the scopes it does not know.
 */
function checkScope({ oidc: { params = {} } }: KoaContextWithOIDC, scope: string | undefined): void {
  const { authorization_details, resource } = params;
  if (!scope && authorization_details === undefined && resource === undefined) nothingAsked();
}

/** Scopes of the server's own, whatever the resource. */
const ownScopes = ({ scopes = ['openid', 'offline_access'], claims = {} }: Configuration): ReadonlySet<string> =>
  new Set([...scopes, ...Object.keys(claims)]);

/**
 * Names of a request that core leaves out, or keeps without knowing what they are. One with a colon may name something by
 * itself, as an ecosystem's consents are named.
 */
function ignored({ oidc }: KoaContextWithOIDC, kept = '', own: ReadonlySet<string>): string[] {
  const { body, resourceServers = {} } = oidc;
  const asked = typeof body?.scope === 'string' ? body.scope : kept;
  const left = kept.split(' ');
  const isOfResource = (name: string) =>
    Object.values(resourceServers).some(({ scope = '' }) => scope.split(' ').includes(name));
  const counts = (name: string) => left.includes(name) && (own.has(name) || isOfResource(name));
  return [...new Set(asked.split(' ').filter((name) => !counts(name) && /^[^:]+$/.test(name)))];
}

/** Warns of scopes that a request asks for in vain. It is served all the same (OpenID Connect Core section 3.1.2.1). */
function tellIgnored(ctx: KoaContextWithOIDC, scope: string | undefined, own: ReadonlySet<string>): void {
  const names = ignored(ctx, scope, own);
  if (names.length === 0) return;
  const text = `scopes that do not count here: ${names.slice(0, 5).join(' ')}`;
  ctx.oidc.provider.emit('noticed', ctx, new errors.InvalidScope(text, ''));
}

/**
 * Refuses requests that ask for nothing: without a scope, the person would be asked to consent to nothing. A scope that
 * is not known, beside one that is, is ignored, and the answer to the push says so.
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
      'extraParams.scope': (theirs, configuration) => {
        const own = ownScopes(configuration);
        return async (ctx, value, client) => {
          checkScope(ctx, value);
          if (ctx.oidc.route === 'pushed_authorization_request') tellIgnored(ctx, value, own);
          await theirs?.(ctx, value, client);
        };
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
