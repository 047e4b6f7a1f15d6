import type { Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';

import { algorithms } from '../signing_algorithms.ts';
import type { Mechanism } from './mechanism.ts';

const wellKnown = '/.well-known/oauth-authorization-server';
const aliased = [
  'token',
  'pushed_authorization_request',
  'userinfo',
  'introspection',
  'revocation',
  'registration',
  'backchannel_authentication',
  'cdr_arrangement_revocation',
];

/**
 * Publishes metadata whose addresses are the issuer's, whatever Host a request came with.
 *
 * @see [RFC 8414 - OAuth 2.0 Authorization Server Metadata](https://www.rfc-editor.org/rfc/rfc8414.html)
 */
export function discovery({ mtls }: { mtls?: string | undefined } = {}): Mechanism {
  return {
    name: 'discovery',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.3.2.1-1',
        text: 'shall distribute discovery metadata via the metadata document as specified in OIDD and RFC 8414',
      },
      {
        id: 'FAPI2-SP-FINAL-5.2.2.1-1',
        text: 'may publish mtls_endpoint_aliases, so that endpoints without client certificates need not ask for one',
      },
      {
        id: 'RFC8414-3.1',
        text: 'the well-known string is inserted between the host and the path of the issuer identifier',
      },
    ],
    // An omitted `revocation_endpoint_auth_methods_supported` would mean client_secret_basic.
    compose(configuration) {
      const methods = [...(configuration.clientAuthMethods ?? [])];
      const auth = Object.fromEntries(
        ['revocation', 'introspection'].flatMap((endpoint) => [
          [`${endpoint}_endpoint_auth_methods_supported`, methods],
          [
            `${endpoint}_endpoint_auth_signing_alg_values_supported`,
            configuration.enabledJWA?.clientAuthSigningAlgValues ?? algorithms,
          ],
        ]),
      );
      return { ...configuration, discovery: { ...auth, ...configuration.discovery } };
    },
    middleware(provider) {
      const { origin, pathname } = new URL(provider.issuer);
      const path = pathname.replace(/\/$/, '');
      const metadata: Middleware = function metadata(ctx, next) {
        if (path && ctx.path === wellKnown + path) ctx.path = wellKnown;
        return ctx.path.toLowerCase().includes('/.well-known/') ? next().then(() => complete(ctx)) : next();
      };
      return { metadata: [metadata] };
      function complete(ctx: object): void {
        const { oidc, status, body } = ctx as KoaContextWithOIDC & { body: Record<string, unknown> };
        if (oidc?.route !== 'discovery' || status !== 200) return;
        for (const [name, value] of Object.entries(body)) {
          // Core builds them from the Host header and the listener the request came to.
          if (/_(endpoint|uri)$/.test(name) && typeof value === 'string' && !name.startsWith('op_')) {
            const url = new URL(value);
            body[name] = `${origin}${url.pathname}${url.search}`;
          }
        }
        if (!mtls) return;
        body.mtls_endpoint_aliases = Object.fromEntries(
          aliased
            .map((name) => [`${name}_endpoint`, body[`${name}_endpoint`]])
            .filter(([, url]) => url)
            .map(([name, url]) => [name, new URL(new URL(`${url}`).pathname, mtls).href]),
        );
      }
    },
  };
}
