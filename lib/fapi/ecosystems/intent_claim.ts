import type { Account } from 'oidc-provider';

import type { Clause } from '../../clause.ts';
import type { Mechanism } from '../mechanism.ts';

type Asked = Readonly<Record<string, { value?: unknown } | null>> | undefined;

/** The account, which tells a client the consent it has asked for by this claim. */
function telling(account: Account, name: string): Account {
  return {
    ...account,
    accountId: account.accountId,
    async claims(use, scope, claims, rejected) {
      const own = await account.claims(use, scope, claims, rejected);
      // Core hands over what was asked for and granted; whether the consent is the client's was settled before.
      const value = (claims as Asked)?.[name]?.value;
      return typeof value === 'string' ? { ...own, [name]: value } : own;
    },
  };
}

/**
 * The claim by which requests name their consent is told in the ID Token, as it was asked for.
 *
 * @param name the claim.
 */
export function intentClaim(rule: Clause, name: string): Mechanism {
  return {
    name: 'ecosystems/intent_claim',
    clauses: [
      {
        ...rule,
        violated: ({ features }) =>
          features?.claimsParameter?.enabled
            ? undefined
            : { path: ['features', 'claimsParameter', 'enabled'], text: 'must be true' },
      },
    ],
    configuration: { claims: { [name]: null }, features: { claimsParameter: { enabled: true } } },
    compose(configuration) {
      const { findAccount } = configuration;
      if (!findAccount) return configuration;
      return {
        ...configuration,
        async findAccount(...args) {
          const account = await findAccount(...args);
          return account && telling(account, name);
        },
      };
    },
  };
}
