import type { ClauseId } from '../../clause.ts';
import type { Mechanism } from '../mechanism.ts';

const only = 'private_key_jwt';

/**
 * Allows clients that authenticate by a signed assertion only. Their certificates bind tokens and authenticate nobody.
 *
 * @param id the clause of the ecosystem that says so.
 * @example
 * onlyPrivateKeyJwt('CDR-CLIENT-AUTHENTICATION')
 */
export function onlyPrivateKeyJwt(id: ClauseId): Mechanism {
  return {
    name: 'ecosystems/only_private_key_jwt',
    clauses: [
      {
        id,
        text: 'shall authenticate the confidential client using private_key_jwt',
        violated: ({ clientAuthMethods = [] }) =>
          [...clientAuthMethods].join() === only
            ? undefined
            : { path: ['clientAuthMethods'], text: `must name ${only} and nothing else` },
        *client({ token_endpoint_auth_method: method }) {
          if (method !== only) yield { path: ['token_endpoint_auth_method'], text: `is ${method}, write ${only}` };
        },
      },
    ],
    configuration: { clientAuthMethods: [only] },
  };
}
