import { errors } from 'oidc-provider';

import type { Clause } from '../../clause.ts';
import { withParameters } from '../extra_parameters.ts';
import type { Mechanism } from '../mechanism.ts';
import { askedEachTime } from '../prompt_checks.ts';

/** Human-readable text in any language, at least three characters between blanks: no control characters, no halves of any. */
const pattern = '\\p{Zs}*[^\\p{Z}\\p{Cc}\\p{Cs}][^\\p{Cc}\\p{Cs}]+[^\\p{Z}\\p{Cc}\\p{Cs}]\\p{Zs}*';
const form = { required: true, min_length: 3, max_length: 300, pattern };

/** Refuses a purpose, in the words that the specification names. */
function refuse(fault: string): never {
  throw new errors.InvalidRequest('invalid_purpose', 400, fault);
}

/**
 * Refuses authorization requests without `purpose`, which is shown to the person who decides.
 *
 * @param rule the clause it is.
 * @example
 * purpose({ id: 'CID-PURPOSE-3', text: 'purpose is shown to the person' })
 * @see [OAuth 2 Purpose Request Parameter, section 3](https://cdn.connectid.com.au/specifications/oauth2-purpose-01.html#section-3)
 */
export function purpose(rule: Clause): Mechanism {
  return {
    name: 'ecosystems/purpose',
    clauses: [rule],
    prepare: (configuration) =>
      askedEachTime(
        withParameters(configuration, { purpose: form }, refuse),
        'purpose',
        'the person is told what for',
        ({ oidc }) => ({ purpose: oidc.params?.purpose }),
      ),
    hooks: {
      // What was allowed for another purpose is no answer to this one: all is asked again, and makes a grant of its own.
      loadExistingGrant: () => async (ctx) => {
        const { route, result, provider } = ctx.oidc;
        const grantId = route === 'resume' ? result?.consent?.grantId : undefined;
        return grantId === undefined ? undefined : provider.Grant.find(grantId);
      },
    },
  };
}
