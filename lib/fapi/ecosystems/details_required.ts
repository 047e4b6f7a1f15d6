import { errors } from 'oidc-provider';

import type { ClauseId } from '../../clause.ts';
import type { Mechanism } from '../mechanism.ts';

/**
 * Refuses authorization requests without `authorization_details`.
 *
 * @param id the clause of the ecosystem that says so.
 * @example
 * detailsRequired('UAE-2.1-1')
 */
export function detailsRequired(id: ClauseId): Mechanism {
  return {
    name: 'ecosystems/details_required',
    clauses: [
      {
        id,
        text: 'consents are asked for by rich authorization requests, each of a type the server knows',
        violated: ({ features }) =>
          Object.keys(features?.richAuthorizationRequests?.types ?? {}).length > 0
            ? undefined
            : {
                path: ['authorization_details'],
                text: 'is missing: write the types of consents under authorization_details.types',
              },
        *client({ grant_types = ['authorization_code'], authorization_details_types: types }) {
          if (!grant_types.includes('authorization_code') || (Array.isArray(types) && types.length > 0)) return;
          yield { path: ['authorization_details_types'], text: 'is missing, name the types of consents it asks for' };
        },
      },
    ],
    hooks: {
      'extraParams.scope': (theirs) => async (ctx, value, client) => {
        if (ctx.oidc.params?.authorization_details === undefined) {
          throw new errors.InvalidRequest('authorization_details is missing: it says what the consent is for');
        }
        await theirs?.(ctx, value, client);
      },
    },
  };
}
