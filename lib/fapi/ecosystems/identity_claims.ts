import { randomUUID } from 'node:crypto';

import { errors } from 'oidc-provider';

import type { Clause } from '../../clause.ts';
import { enabled } from '../feature_enabled.ts';
import { refuses } from '../hooks.ts';
import type { Mechanism } from '../mechanism.ts';
import { type Asked, withClaims } from './account_claims.ts';

/** An ecosystem's rules of what an identity provider tells. */
export interface IdentityRules {
  /** The claims parameter is taken. */
  readonly parameter: Clause;
  /** No acr is asked for or told. */
  readonly withoutAcr: Clause;
  /** Claims every identity provider knows. */
  readonly known: Clause & { readonly names: readonly string[] };
  /** Each ID Token names its transaction. */
  readonly transaction: Clause;
}

/** Names the transaction of an ID Token; the trail says which one told whom what. */
function named({ ctx, account, claims }: Asked): { readonly txn: string } {
  const txn = randomUUID();
  const { client, provider } = ctx.oidc;
  const details = { txn, claims: Object.keys(claims) };
  const occurrence = { event: 'identity.told', client: client?.clientId, account: account.accountId, details };
  (provider as NodeJS.EventEmitter).emit('occurred', ctx, occurrence);
  return { txn };
}

/**
 * Tells the person's identity in ID Tokens, claim by claim as it was asked for. Each ID Token names a transaction of
 * its own.
 *
 * @param rules the clauses, and the claims every identity provider knows.
 * @example
 * identityClaims({ parameter, withoutAcr, known: { ...known, names: ['given_name', 'birthdate'] }, transaction })
 */
export function identityClaims({ parameter, withoutAcr, known, transaction }: IdentityRules): Mechanism {
  const { names, ...listed } = known;
  return {
    name: 'ecosystems/identity_claims',
    clauses: [
      {
        ...parameter,
        violated: enabled('claimsParameter'),
      },
      {
        ...withoutAcr,
        violated: ({ acrValues = [] }) =>
          [...acrValues].length === 0
            ? undefined
            : { path: ['acrValues'], text: 'is not for this ecosystem, whose ID Tokens tell no acr: leave it out' },
      },
      {
        ...listed,
        violated({ claims = {} }) {
          const all = Object.entries(claims).flatMap(([scope, of]) => (Array.isArray(of) ? of : [scope]));
          const missing = names.filter((name) => !all.includes(name));
          return missing.length === 0 ? undefined : { path: ['claims'], text: `must name ${missing.join(', ')}` };
        },
      },
      transaction,
    ],
    configuration: {
      claims: Object.fromEntries([...names, 'txn'].map((name) => [name, null])),
      features: { claimsParameter: { enabled: true } },
    },
    hooks: {
      'features.claimsParameter.assertClaimsParameter': refuses((_ctx, claims) => {
        const { id_token } = claims as { id_token?: { acr?: unknown } };
        if (id_token?.acr !== undefined) throw new errors.InvalidRequest(`acr is not told (${withoutAcr.id})`);
      }),
    },
    compose(configuration) {
      const { findAccount, claims = {} } = configuration;
      if (!findAccount) return configuration;
      const openid = claims.openid ?? ['sub'];
      const told = { ...claims, openid: Array.isArray(openid) ? [...openid, 'txn'] : openid };
      return withClaims({ ...configuration, claims: told }, async (own, asked) => {
        const claimed = await own();
        const isTold = asked.use === 'id_token' && asked.ctx.oidc.route === 'token';
        return isTold ? { ...claimed, ...named(asked) } : claimed;
      });
    },
  };
}
