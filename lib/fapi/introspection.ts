import { both } from './hooks.ts';
import type { Mechanism } from './mechanism.ts';

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
        id: 'RFC7009-2.1',
        text: 'the authorization server verifies whether the token was issued to the client making the revocation request',
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
        revocation: { enabled: true },
      },
    },
    hooks: {
      'features.introspection.allowedPolicy': both((_ctx, client, token) => {
        // Whoever registers by itself is a client, or anybody could make themselves a resource.
        const resourceServer = client.grantTypes?.length === 0 && client.clientIdIssuedAt === undefined;
        return resourceServer || token.clientId === client.clientId;
      }),
      'features.revocation.allowedPolicy': both((_ctx, client, token) => token.clientId === client.clientId),
    },
  };
}
