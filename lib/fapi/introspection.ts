import type {
  AccessToken,
  Client,
  ClientCredentials,
  Configuration,
  KoaContextWithOIDC,
  RefreshToken,
} from 'oidc-provider';

import type { Mechanism } from './mechanism.ts';

type Token = AccessToken | ClientCredentials | RefreshToken;

/**
 * Who may ask about a token. A protected resource is registered as a client that can obtain no token itself
 * (`grant_types: []`), so that it can never be taken for a client; it may ask about any token, a client about its own.
 *
 * @see [RFC 7662 - OAuth 2.0 Token Introspection](https://www.rfc-editor.org/rfc/rfc7662.html)
 */
export function introspection(): Mechanism {
  return {
    name: 'introspection',
    clauses: [
      {
        id: 'RFC7662-4',
        text: 'the authorization server MUST require authorization to the introspection endpoint: a client learns of its own tokens only',
      },
      {
        id: 'FAPI2-SP-FINAL-6.8',
        text: 'tokens can be revoked: credentials are stateful and linked to each other',
        violated: ({ features }) =>
          features?.revocation?.enabled
            ? undefined
            : { path: ['features', 'revocation', 'enabled'], text: 'must be true' },
      },
    ],
    configuration: {
      features: {
        introspection: { enabled: true },
        revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId },
      },
    },
    compose(configuration) {
      const { features } = configuration;
      const theirs = features?.introspection?.allowedPolicy;
      return {
        ...configuration,
        features: {
          ...features,
          introspection: {
            ...features?.introspection,
            async allowedPolicy(ctx: KoaContextWithOIDC, client: Client, token: Token) {
              const resourceServer = client.grantTypes?.length === 0;
              if (!resourceServer && token.clientId !== client.clientId) return false;
              return (await theirs?.(ctx, client, token)) ?? true;
            },
          },
        },
      } as Configuration;
    },
  };
}
