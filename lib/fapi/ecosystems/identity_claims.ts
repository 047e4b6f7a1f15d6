import { randomUUID } from 'node:crypto';

import type { Account, KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';

import type { Clause } from '../../clause.ts';
import { refuses } from '../hooks.ts';
import type { Mechanism } from '../mechanism.ts';

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

/** The account, whose ID Token names the transaction; the trail says which one told whom what. */
function telling(account: Account, ctx: KoaContextWithOIDC): Account {
  return {
    ...account,
    accountId: account.accountId,
    async claims(use, scope, claims, rejected) {
      const own = await account.claims(use, scope, claims, rejected);
      if (use !== 'id_token' || ctx.oidc.route !== 'token') return own;
      const txn = randomUUID();
      const { client, provider } = ctx.oidc;
      const details = { txn, claims: Object.keys(claims) };
      const occurrence = { event: 'identity.told', client: client?.clientId, account: account.accountId, details };
      (provider as NodeJS.EventEmitter).emit('occurred', ctx, occurrence);
      return { ...own, txn };
    },
  };
}

/** The person's identity is told in ID Tokens, claim by claim as it was asked for, each under a transaction of its own. */
export function identityClaims({ parameter, withoutAcr, known, transaction }: IdentityRules): Mechanism {
  const { names, ...listed } = known;
  return {
    name: 'ecosystems/identity_claims',
    clauses: [
      {
        ...parameter,
        violated: ({ features }) =>
          features?.claimsParameter?.enabled
            ? undefined
            : { path: ['features', 'claimsParameter', 'enabled'], text: 'must be true' },
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
      const openid = claims.openid ?? ['sub'];
      const told = { ...claims, openid: Array.isArray(openid) ? [...openid, 'txn'] : openid };
      if (!findAccount) return configuration;
      return {
        ...configuration,
        claims: told,
        async findAccount(ctx, ...args) {
          const account = await findAccount(ctx, ...args);
          return account && telling(account, ctx);
        },
      };
    },
  };
}
