import { errors } from 'oidc-provider';
import { z } from 'zod';

import type { Clause } from '../../clause.ts';
import { refuses } from '../hooks.ts';
import type { Mechanism } from '../mechanism.ts';
import { withClaims } from './account_claims.ts';

/** Verified claims as an account has them: with the framework they were verified under, and the evidence. */
const verified = z.looseObject({
  verification: z.looseObject({ trust_framework: z.string(), evidence: z.array(z.looseObject({})).min(1) }),
  claims: z.record(z.string(), z.unknown()),
});

/** A request for some of them. */
const requested = z.looseObject({
  verification: z.looseObject({ trust_framework: z.looseObject({ value: z.string() }) }),
  claims: z
    .record(z.string(), z.union([z.null(), z.looseObject({})]))
    .refine((claims) => Object.keys(claims).length > 0),
});

type Requested = z.output<typeof requested>;

const only = (from: object, names: readonly string[]) =>
  Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));

/** The part of an account's verified claims that was asked for; none without evidence, or of another framework. */
function told(own: unknown, { verification: asked, claims }: Requested, known: readonly string[]): object | undefined {
  for (const candidate of [own].flat()) {
    const { data } = verified.safeParse(candidate);
    if (data?.verification.trust_framework !== asked.trust_framework.value) continue;
    const names = Object.keys(claims).filter((name) => known.includes(name));
    const found = only(data.claims, names);
    if (Object.keys(found).length === 0) continue;
    return { verification: only(data.verification, Object.keys(asked)), claims: found };
  }
  return undefined;
}

/** An ecosystem's rules of verified claims. */
export interface VerifiedClaimRules {
  /** The rule of what may be asked for, and what is told. */
  readonly told: Clause;
  /** The clause of the metadata that list what there is. */
  readonly listed: Clause;
  readonly framework: string;
  readonly claims: readonly string[];
}

const listOf = (discovery: unknown): readonly string[] =>
  (discovery as { claims_in_verified_claims_supported?: readonly string[] } | undefined)
    ?.claims_in_verified_claims_supported ?? [];

/**
 * Tells claims that somebody has verified as an account has them, with their evidence. A claim without evidence is not
 * told, and a request for another trust framework is refused.
 *
 * @param rules the clauses, the trust framework, and the claims that may be verified.
 * @example
 * verifiedClaims({ told, listed, framework: 'au_connectid', claims: ['over18'] })
 * @see [OpenID Identity Assurance Schema Definition 1.0](https://openid.net/specs/openid-ida-verified-claims-1_0.html)
 */
export function verifiedClaims(rules: VerifiedClaimRules): Mechanism {
  const { framework } = rules;
  return {
    name: 'ecosystems/verified_claims',
    clauses: [
      rules.told,
      {
        ...rules.listed,
        violated: ({ discovery }) =>
          listOf(discovery).every((name) => rules.claims.includes(name))
            ? undefined
            : {
                path: ['discovery', 'claims_in_verified_claims_supported'],
                text: `must name some of ${rules.claims.join(', ')}`,
              },
      },
    ],
    configuration: {
      claims: { verified_claims: null },
      discovery: {
        verified_claims_supported: true,
        trust_frameworks_supported: [framework],
        claims_in_verified_claims_supported: [...rules.claims],
      },
    },
    hooks: {
      'features.claimsParameter.assertClaimsParameter': refuses((_ctx, claims) => {
        for (const target of Object.values(claims)) {
          const asked = (target as { verified_claims?: unknown } | undefined)?.verified_claims;
          if (asked === undefined) continue;
          if (requested.safeParse(asked).data?.verification.trust_framework.value === framework) continue;
          throw new errors.InvalidRequest(
            `verified_claims must name claims, and the trust_framework ${framework} as a value (${rules.told.id})`,
          );
        }
      }),
    },
    compose(configuration) {
      const known = listOf(configuration.discovery);
      return withClaims(configuration, async (own, { account, claims }) => {
        const { verified_claims: verifiedOwn, ...others } = await own();
        const { data } = requested.safeParse(claims.verified_claims);
        const fitting = data && told(verifiedOwn, data, known);
        return { ...others, sub: account.accountId, ...(fitting && { verified_claims: fitting }) };
      });
    },
  };
}
