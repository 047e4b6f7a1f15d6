import { hash, timingSafeEqual } from 'node:crypto';

import type { AccountClaims, FindAccount } from 'oidc-provider';

import {
  hashPassword,
  normalizedPassword,
  outdatedPasswordHash,
  passwordForms,
  spendWork,
  verifyPassword,
  workOf,
} from './password.ts';

/** A person who has logged in, and how. */
export interface Authenticated {
  readonly sub: string;
  /** Methods of the login (RFC 8176), `['pwd', 'otp']` for example. */
  readonly amr: readonly string[];
}

/** Answers who may log in, and what clients may be told about them. */
export interface Accounts {
  /**
   * The `sub` of the account these credentials belong to; `undefined` when they belong to none. Where the login took more
   * than the password, an object says what.
   *
   * @throws {AccountLocked} when they are right, and the account is locked.
   */
  authenticate(login: string, password: string): Promise<string | Authenticated | undefined>;
  findAccount: FindAccount;
}

/** Accounts whose people log in by password alone. */
export interface PasswordAccounts extends Accounts {
  authenticate(login: string, password: string): Promise<string | undefined>;
}

/** Refuses the right password of an account that is locked. */
export class AccountLocked extends Error {
  override readonly name = 'AccountLocked';

  constructor() {
    super('the account is locked');
  }
}

/** One account of the configuration file. */
export interface ListedAccount {
  readonly login: string;
  /** scrypt in PHC string format. */
  readonly password_hash?: string | undefined;
  /** In clear, for development. */
  readonly password?: string | undefined;
  /** Claims that clients may be told; `sub` among them outlives a new login, otherwise it is made from the login. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

/** An account as a source hands it out. */
export interface KnownAccount extends ListedAccount {
  readonly sub: string;
  /** Seconds since the epoch at which it was locked. */
  readonly locked_at?: number | undefined;
  /** Seconds since the epoch up to which logins are worth nothing any more. */
  readonly valid_from?: number | undefined;
}

/** A place accounts come from. Logins are handed to it in their canonical form. */
export interface AccountSource {
  byLogin(login: string): Promise<KnownAccount | undefined>;
  bySub(sub: string): Promise<KnownAccount | undefined>;
  /** The work of the costliest hash in it, in units of `workOf()`. */
  readonly work?: number | undefined;
  /** Keeps the hash of a password made anew at today's cost. */
  rehash?(account: KnownAccount, password_hash: string): Promise<void>;
}

/** The one spelling of a login: those that look the same to a person are the same. */
export const canonicalLogin = (login: string): string => login.normalize('NFKC').trim().toLowerCase();

const digest = (value: string) => hash('sha256', value, 'buffer');

type Credentials = Pick<ListedAccount, 'password' | 'password_hash'>;

async function matches(password: string, { password: plain, password_hash }: Credentials): Promise<boolean> {
  if (plain === undefined) return verifyPassword(password, password_hash ?? '');
  const own = digest(normalizedPassword(plain));
  return passwordForms(password).some((form) => timingSafeEqual(digest(form), own));
}

/**
 * Accounts out of several sources.
 *
 * @param sources asked in this order; the first that knows a login or a sub answers for it.
 * @throws {AccountLocked} from `authenticate()`, for the right password of a locked account.
 * @throws {HashingBusy} from `authenticate()`, when too many passwords wait to be compared.
 * @example
 * const accounts = accountsFrom(directory, storedAccounts(adapter));
 */
export function accountsFrom(...sources: readonly AccountSource[]): PasswordAccounts {
  async function first(ask: (source: AccountSource) => Promise<KnownAccount | undefined>) {
    // All at once: which source knows a login is not to be told from the time it takes.
    const accounts = await Promise.all(sources.map(async (source) => ({ source, account: await ask(source) })));
    for (const { source, account } of accounts) if (account) return { source, account };
    return undefined;
  }
  // Grows with every costlier hash that is met: an unknown login takes as long as the slowest known one.
  let costliest = Math.max(0, ...sources.map(({ work = 0 }) => work));
  async function isRight(password: string, account: KnownAccount | undefined): Promise<boolean> {
    const work = account?.password_hash ? workOf(account.password_hash) : 0;
    costliest = Math.max(costliest, work);
    if (account && (await matches(password, account))) return true;
    await spendWork(password, costliest - work);
    return false;
  }
  return {
    async authenticate(login, password) {
      const found = await first((source) => source.byLogin(canonicalLogin(login)));
      const right = await isRight(password, found?.account);
      if (!found || !right) return undefined;
      const { source, account } = found;
      if (account.locked_at !== undefined) throw new AccountLocked();
      if (account.password_hash && source.rehash && outdatedPasswordHash(account.password_hash)) {
        await source.rehash(account, await hashPassword(password));
      }
      return account.sub;
    },
    async findAccount(_ctx, sub) {
      const found = await first((source) => source.bySub(sub));
      if (found?.account.locked_at !== undefined) return undefined;
      return (
        found && {
          accountId: sub,
          claims: async () => ({ ...found.account.claims, sub }) satisfies AccountClaims,
          valid_from: found.account.valid_from,
        }
      );
    },
  };
}
