import type { Account, Configuration, KoaContextWithOIDC } from 'oidc-provider';

type Claims = Awaited<ReturnType<Account['claims']>>;

/** A request for the claims of an account. */
export interface Asked {
  readonly ctx: KoaContextWithOIDC;
  readonly account: Account;
  readonly use: string;
  /** Claims that were asked for and granted, by name. */
  readonly claims: Parameters<Account['claims']>[2];
}

/**
 * Lays a rule around the claims that accounts tell of themselves. A configuration that finds no accounts stays as it is.
 *
 * @param tell answers what is told; `own` reads what the account has to say.
 */
export function withClaims(
  configuration: Configuration,
  tell: (own: () => Promise<Claims>, asked: Asked) => Promise<Claims>,
): Configuration {
  const { findAccount } = configuration;
  if (!findAccount) return configuration;
  return {
    ...configuration,
    async findAccount(ctx, ...args) {
      const account = await findAccount(ctx, ...args);
      if (!account) return account;
      return {
        ...account,
        accountId: account.accountId,
        claims: (use, scope, claims, rejected) =>
          tell(async () => account.claims(use, scope, claims, rejected), { ctx, account, use, claims }),
      };
    },
  };
}
