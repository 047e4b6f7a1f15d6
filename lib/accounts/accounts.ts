import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

import type { AccountClaims, FindAccount } from 'oidc-provider';

import { hashPassword, outdatedPasswordHash, verifyPassword } from './password.ts';

/** Who may log in, and what clients may be told about them. */
export interface Accounts {
  /** The `sub` of the account these credentials belong to. */
  authenticate(login: string, password: string): Promise<string | undefined>;
  findAccount: FindAccount;
}

/** One account of the configuration file. */
export interface ListedAccount {
  readonly login: string;
  /** scrypt in PHC string format. */
  readonly password_hash?: string | undefined;
  /** In clear, for development. */
  readonly password?: string | undefined;
  /** What clients may be told; `sub` among them outlives a new login, otherwise it is made from the login. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

/** An account as a source hands it out. */
export interface KnownAccount extends ListedAccount {
  readonly sub: string;
}

/** A place accounts come from. Logins are handed to it in their canonical form. */
export interface AccountSource {
  byLogin(login: string): Promise<KnownAccount | undefined>;
  bySub(sub: string): Promise<KnownAccount | undefined>;
  /** Whose password is compared when the login is unknown, so that this takes as long as a wrong password. */
  readonly decoy?: Pick<ListedAccount, 'password' | 'password_hash'> | undefined;
  /** Keeps the hash of a password made anew at today's cost. */
  rehash?(account: KnownAccount, password_hash: string): Promise<void>;
}

/** Logins that look the same to a person are the same. */
export const canonicalLogin = (login: string): string => login.normalize('NFKC').trim().toLowerCase();

const digest = (value: string) => hash('sha256', value.normalize('NFKC'), 'buffer');

async function matches(password: string, account: Pick<ListedAccount, 'password' | 'password_hash'>): Promise<boolean> {
  if (account.password !== undefined) return timingSafeEqual(digest(password), digest(account.password));
  return verifyPassword(password, account.password_hash ?? '');
}

/** Accounts out of several sources; the first that knows a login or a sub answers for it. */
export function accountsFrom(...sources: readonly AccountSource[]): Accounts {
  async function first(ask: (source: AccountSource) => Promise<KnownAccount | undefined>) {
    // All at once: which source knows a login is not to be told from the time it takes.
    const accounts = await Promise.all(sources.map(async (source) => ({ source, account: await ask(source) })));
    for (const { source, account } of accounts) if (account) return { source, account };
    return undefined;
  }
  const decoys = sources.flatMap(({ decoy }) => (decoy ? [decoy] : []));
  const nobody = (async () =>
    decoys.find((decoy) => decoy.password_hash) ??
    decoys[0] ?? { password_hash: await hashPassword(randomBytes(16).toString('hex')) })();
  return {
    async authenticate(login, password) {
      const found = await first((source) => source.byLogin(canonicalLogin(login)));
      const right = await matches(password, found?.account ?? (await nobody));
      if (!found || !right) return undefined;
      const { source, account } = found;
      if (account.password_hash && source.rehash && outdatedPasswordHash(account.password_hash)) {
        await source.rehash(account, await hashPassword(password));
      }
      return account.sub;
    },
    async findAccount(_ctx, sub) {
      const found = await first((source) => source.bySub(sub));
      return (
        found && { accountId: sub, claims: async () => ({ ...found.account.claims, sub }) satisfies AccountClaims }
      );
    },
  };
}
