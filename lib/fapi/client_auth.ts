import type { JWTPayload } from 'jose';
import type { ClientAuthMethod, Configuration } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { z } from 'zod';

import { seconds } from '../seconds.ts';
import { filled, presets } from '../settings.ts';
import { algorithms } from '../signing_algorithms.ts';
import { wholeSeconds } from '../values.ts';
import { noUsableKey, wrongKeys } from './client_keys.ts';
import { refuses } from './hooks.ts';
import { jwtTypeOf } from './jwt.ts';
import type { Mechanism } from './mechanism.ts';

/** Methods by which a client proves a key that it alone has. */
export const confidential: readonly string[] = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'];

/** Settings of client authentication. */
export const clientAuthSettings = z.strictObject({
  client_assertion_lifetime: wholeSeconds
    .min(60, 'is too short for clocks that differ, write at least 60 seconds')
    .max(3600, 'is too long, write at most 3600 seconds [RFC7523-3-4]')
    .default(3600)
    .describe(
      "seconds a client assertion's exp may be ahead, and its jti is remembered; libraries ask for up to an hour",
    ),
});

/** Values of `typ` that a client assertion may have; it may also have none. */
const assertionTypes = [undefined, 'jwt', 'client-authentication+jwt'];

function refuseForeign(claims: JWTPayload, header: { typ?: unknown }): void {
  if (!assertionTypes.includes(jwtTypeOf(header))) {
    throw new errors.InvalidClientAuth('client_assertion typ is not that of a client assertion');
  }
  // A request object that happens to carry sub and jti has the same signature, issuer and audience.
  if ('response_type' in claims || 'redirect_uri' in claims || 'code_challenge' in claims) {
    throw new errors.InvalidClientAuth('client_assertion is a request object');
  }
}

export type ClientAuthSettings = z.input<typeof clientAuthSettings> & { readonly mtls?: boolean };

/**
 * Takes confidential clients only, which authenticate by a key they alone have.
 *
 * @see [RFC 7523 - JWT Profile for OAuth 2.0 Client Authentication](https://www.rfc-editor.org/rfc/rfc7523.html#section-3)
 */
export function clientAuth({ mtls = false, ...settings }: ClientAuthSettings = {}): Mechanism {
  const { client_assertion_lifetime: longest } = filled(clientAuthSettings, settings);
  const methods = (mtls ? confidential : ['private_key_jwt']) as ClientAuthMethod[];
  return {
    name: 'client_auth',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.3.2.1-3',
        text: 'shall only support confidential clients as defined in RFC 6749',
        violated: ({ clientDefaults }) =>
          confidential.includes(clientDefaults?.token_endpoint_auth_method ?? '')
            ? undefined
            : { path: ['clientDefaults', 'token_endpoint_auth_method'], text: `must be one of ${methods.join(', ')}` },
        *client({ token_endpoint_auth_method: method }) {
          if (!confidential.includes(`${method}`)) {
            yield { path: ['token_endpoint_auth_method'], text: `must be one of ${methods.join(', ')}` };
          }
        },
      },
      {
        id: 'FAPI2-SP-FINAL-5.3.2.1-6',
        text: 'shall authenticate clients using mutual TLS or private_key_jwt',
        violated: ({ clientAuthMethods = [] }: Configuration) =>
          [...clientAuthMethods].length > 0 && [...clientAuthMethods].every((method) => confidential.includes(method))
            ? undefined
            : { path: ['clientAuthMethods'], text: `must name some of ${methods.join(', ')} and nothing else` },
        *client(metadata, { clientAuthMethods = [], enabledJWA }) {
          const { token_endpoint_auth_method: method, token_endpoint_auth_signing_alg: alg } = metadata;
          yield* wrongKeys(metadata);
          if (method === 'private_key_jwt') {
            const permitted = enabledJWA?.clientAuthSigningAlgValues ?? algorithms;
            if (metadata.jwks === undefined && metadata.jwks_uri === undefined) {
              yield {
                path: ['jwks'],
                text: 'is missing, as is jwks_uri: write the public keys the client authenticates by',
              };
            }
            yield* noUsableKey(metadata, alg === undefined ? permitted : [`${alg}`], 'authenticate');
          }
          if (confidential.includes(`${method}`) && ![...clientAuthMethods].includes(method as ClientAuthMethod)) {
            yield {
              path: ['token_endpoint_auth_method'],
              text: `${method} is not offered here; offered are ${[...clientAuthMethods].join(', ')}`,
            };
          }
        },
      },
      {
        id: 'FAPI2-SP-FINAL-5.3.2.1-8',
        text: 'shall only accept its issuer identifier value as a string in the aud claim of client authentication assertions',
      },
      {
        id: 'RFC8725-3.12',
        text: 'mutually exclusive validation rules for different kinds of JWTs: a request object is no client assertion',
      },
      {
        id: 'RFC7523-3-4',
        setting: {
          key: 'client_assertion_lifetime',
          tightens: (value) => Number(value) < presets(clientAuthSettings).client_assertion_lifetime,
        },
        text: 'may reject JWTs with an exp claim value that is unreasonably far in the future',
      },
    ],
    configuration: {
      clientAuthMethods: methods,
      clientDefaults: { token_endpoint_auth_method: 'private_key_jwt' },
    },
    hooks: {
      assertJwtClientAuthClaimsAndHeader: refuses((ctx, claims, header) => {
        if (claims.aud !== ctx.oidc.issuer) {
          throw new errors.InvalidClientAuth('client_assertion aud must be the issuer identifier, as a string');
        }
        refuseForeign(claims, header);
        if (Number(claims.exp) > seconds() + longest) {
          throw new errors.InvalidClientAuth(`client_assertion exp must be within ${longest} seconds`);
        }
      }),
    },
  };
}
