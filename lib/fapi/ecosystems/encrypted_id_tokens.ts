import type { Clause } from '../../clause.ts';
import { enabled } from '../feature_enabled.ts';
import type { Mechanism } from '../mechanism.ts';
import { withClaims } from './account_claims.ts';

/**
 * Has ID Tokens encrypted, and has them tell nothing of the person.
 *
 * @param encrypted the clause that ID Tokens are encrypted.
 * @param impersonal the clause that they tell nothing of the person.
 * @example
 * encryptedIdTokens({ id: 'UAE-2.1-2', text: 'encrypts' }, { id: 'UAE-2.1-3', text: 'tells nothing of the person' })
 */
export function encryptedIdTokens(encrypted: Clause, impersonal: Clause): Mechanism {
  return {
    name: 'ecosystems/encrypted_id_tokens',
    clauses: [
      {
        ...encrypted,
        violated: enabled('encryption'),
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
    compose: (configuration) =>
      withClaims(configuration, async (own, { use, account }) =>
        use === 'id_token' ? { sub: account.accountId } : own(),
      ),
  };
}
