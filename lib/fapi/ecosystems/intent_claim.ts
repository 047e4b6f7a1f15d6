import type { Clause } from '../../clause.ts';
import { enabled } from '../feature_enabled.ts';
import type { Mechanism } from '../mechanism.ts';
import { withClaims } from './account_claims.ts';

type Asked = Readonly<Record<string, { value?: unknown } | null>> | undefined;

/**
 * Tells the claim by which requests name their consent in the ID Token, as it was asked for.
 *
 * @param rule the clause of the ecosystem that says so.
 * @param name the claim.
 * @example
 * intentClaim({ id: 'OBUK-SP-5', text: 'tells the intent' }, 'openbanking_intent_id')
 */
export function intentClaim(rule: Clause, name: string): Mechanism {
  return {
    name: 'ecosystems/intent_claim',
    clauses: [
      {
        ...rule,
        violated: enabled('claimsParameter'),
      },
    ],
    configuration: { claims: { [name]: null }, features: { claimsParameter: { enabled: true } } },
    compose: (configuration) =>
      withClaims(configuration, async (own, { claims }) => {
        // Core hands over what was asked for and granted; whether the consent is the client's was settled before.
        const value = (claims as Asked)?.[name]?.value;
        return typeof value === 'string' ? { ...(await own()), [name]: value } : own();
      }),
  };
}
