import { errors } from 'oidc-provider';

import type { Clause } from '../../clause.ts';
import { type Levels, reachedBy } from '../acr.ts';
import type { Mechanism } from '../mechanism.ts';

/**
 * Refuses a login that reaches none of an ecosystem's levels of assurance.
 *
 * @param rule the clause of the ecosystem that says so.
 * @param levels those of the `acr` mechanism.
 * @param known the form of a level.
 * @example
 * levelsOfAssurance(rule, { 'urn:brasil:openbanking:loa2': ['pwd'] }, /^urn:brasil:openbanking:loa[23]$/)
 */
export function levelsOfAssurance(rule: Clause, levels: Levels, known: RegExp): Mechanism {
  return {
    name: 'ecosystems/levels_of_assurance',
    clauses: [
      {
        ...rule,
        *violated({ acrValues = [], features }) {
          const values = [...acrValues];
          const other = values.find((value) => !known.test(value));
          if (values.length === 0) yield { path: ['acrValues'], text: 'names no level, leave it out' };
          if (other !== undefined) yield { path: ['acrValues'], text: `names ${other}, which is no level` };
          if (!features?.claimsParameter?.enabled) {
            yield { path: ['features', 'claimsParameter', 'enabled'], text: 'must be true' };
          }
        },
      },
    ],
    configuration: { features: { claimsParameter: { enabled: true } } },
    hooks: {
      loadExistingGrant: (theirs) => async (ctx) => {
        const { route, session } = ctx.oidc;
        const isIn = route === 'resume' && session?.accountId !== undefined;
        if (isIn && reachedBy(levels, session.amr).length === 0) {
          throw new errors.UnmetAuthenticationRequirements(`the login reached no level of assurance (${rule.id})`);
        }
        return theirs?.(ctx);
      },
    },
  };
}
