import type { Account } from 'oidc-provider';

import type { Clause } from '../../clause.ts';
import type { Mechanism } from '../mechanism.ts';

/** The account, of which ID Tokens tell nothing but the subject. */
function unnamed(account: Account): Account {
  return {
    ...account,
    accountId: account.accountId,
    claims: async (use, scope, claims, rejected) =>
      use === 'id_token' ? { sub: account.accountId } : account.claims(use, scope, claims, rejected),
  };
}

/** ID Tokens are encrypted, and say that somebody has logged in, not who. */
export function encryptedIdTokens(encrypted: Clause, impersonal: Clause): Mechanism {
  return {
    name: 'ecosystems/encrypted_id_tokens',
    clauses: [
      {
        ...encrypted,
        violated: ({ features }) =>
          features?.encryption?.enabled
            ? undefined
            : { path: ['features', 'encryption', 'enabled'], text: 'must be true' },
        *client({ id_token_encrypted_response_alg: alg, grant_types = ['authorization_code'] }) {
          if (alg === undefined && grant_types.includes('authorization_code')) {
            const text =
              'is missing: ID Tokens are encrypted, write RSA-OAEP-256 for example, and the key in jwks with use: enc';
            yield { path: ['id_token_encrypted_response_alg'], text };
          }
        },
      },
      impersonal,
    ],
    compose(configuration) {
      const { findAccount } = configuration;
      if (!findAccount) return configuration;
      return {
        ...configuration,
        async findAccount(...args) {
          const account = await findAccount(...args);
          return account && unnamed(account);
        },
      };
    },
  };
}
