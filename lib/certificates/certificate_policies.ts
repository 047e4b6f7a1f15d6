import type { X509Certificate } from 'node:crypto';

import { certificateFields, type PolicyLimits } from './x509.ts';

const anyPolicy = '2.5.29.32.0';

/** Policies that are valid at one depth of a path, each with those its issuer expects of the next certificate. */
type Policies = ReadonlyMap<string, ReadonlySet<string>>;

interface State {
  /** Counts of certificates that may still follow before each rule holds. */
  explicit: number;
  mapping: number;
  any: number;
  valid: Policies;
}

/** RFC 5280 section 6.1.3 (d) and (e): what one certificate leaves of the policies above it. */
function narrowed(above: Policies, stated: readonly string[] | undefined, takesAny: boolean): Policies {
  const valid = new Map<string, Set<string>>();
  if (!stated) return valid;
  const expected = new Set([...above.values()].flatMap((policies) => [...policies]));
  for (const policy of stated) {
    if (policy !== anyPolicy && (expected.has(policy) || above.has(anyPolicy))) valid.set(policy, new Set([policy]));
  }
  if (stated.includes(anyPolicy) && takesAny) {
    for (const policy of expected) valid.set(policy, new Set([policy]));
  }
  return valid;
}

/** RFC 5280 section 6.1.4 (a) and (b); `undefined` where a mapping is from or to any policy. */
function mapped(valid: Policies, certificate: X509Certificate, isAllowed: boolean): Policies | undefined {
  const { policyMappings } = certificateFields(certificate);
  if (policyMappings.some(({ from, to }) => from === anyPolicy || to === anyPolicy)) return undefined;
  const next = new Map<string, ReadonlySet<string>>(valid);
  for (const { from } of policyMappings) {
    const to = new Set(policyMappings.filter((mapping) => mapping.from === from).map((mapping) => mapping.to));
    if (!isAllowed) next.delete(from);
    else if (valid.has(from) || valid.has(anyPolicy)) next.set(from, to);
  }
  return next;
}

function countDown(state: State, limits: PolicyLimits, isSelfIssued: boolean): void {
  for (const rule of ['explicit', 'mapping', 'any'] as const) {
    if (!isSelfIssued) state[rule] -= 1;
    state[rule] = Math.min(state[rule], limits[rule]);
  }
}

/**
 * The rule of certificate policies that a path breaks, in words. Any policy will do for us, so that this matters only where
 * an authority demands that there be one (`policyConstraints`).
 *
 * @param path certificates from the anchor, whose own policies are not asked for, to the client's.
 * @see [RFC 5280 section 6.1 - Basic Path Validation](https://www.rfc-editor.org/rfc/rfc5280.html#section-6.1)
 */
export function brokenPolicy([, ...path]: readonly X509Certificate[]): string | undefined {
  const never = Number.POSITIVE_INFINITY;
  const state: State = {
    explicit: never,
    mapping: never,
    any: never,
    valid: new Map([[anyPolicy, new Set([anyPolicy])]]),
  };
  for (const [index, certificate] of path.entries()) {
    const { policies, policyLimits, isSelfIssued } = certificateFields(certificate);
    const isLeaf = index === path.length - 1;
    state.valid = narrowed(state.valid, policies, state.any > 0 || (isSelfIssued && !isLeaf));
    // Once there is no valid policy there never is one again, so that it is enough to look in the end.
    if (isLeaf) {
      const isDemanded = state.explicit <= 1 || policyLimits.explicit === 0;
      const isLacking = isDemanded && state.valid.size === 0;
      return isLacking ? 'no certificate policy is valid for it, and its authority demands one' : undefined;
    }
    const next = mapped(state.valid, certificate, state.mapping > 0);
    if (!next) return 'an authority maps anyPolicy, which cannot be mapped';
    state.valid = next;
    countDown(state, policyLimits, isSelfIssued);
  }
  return undefined;
}
