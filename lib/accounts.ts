import { hash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { AccountClaims, Adapter, FindAccount } from 'oidc-provider';

import { OperationalError } from './errors.ts';
import { hashPassword, outdatedPasswordHash, parsePasswordHash, verifyPassword } from './password.ts';

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

/** Accounts in the database. */
export interface StoredAccounts extends AccountSource {
  /** @returns the new account's `sub`, which no other account ever had. */
  add(account: { login: string; password: string; claims?: Record<string, unknown> }): Promise<string>;
  setPassword(login: string, password: string): Promise<boolean>;
  remove(login: string): Promise<boolean>;
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

/** OpenID Connect Core section 2: at most 255 ASCII characters. */
const wellFormedSub = /^[\x21-\x7e]{1,255}$/;

/**
 * The listed account's subject: its own, or one that stays as long as the login does, in a namespace of its own, so that
 * no client_id is mistaken for it.
 *
 * @see [FAPI2-SP-FINAL-6.7](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-6.7)
 */
export function subOf({ login, claims }: ListedAccount): string {
  return typeof claims?.sub === 'string'
    ? claims.sub
    : `account:${hash('sha256', canonicalLogin(login), 'base64url').slice(0, 22)}`;
}

/** @throws TypeError for what is wrong with an account of the list, and for a login or sub that stands twice. */
function checkListed(account: KnownAccount, earlier: readonly KnownAccount[]): void {
  if (!canonicalLogin(account.login)) throw new TypeError('login is empty');
  if (!wellFormedSub.test(account.sub))
    throw new TypeError(`${account.login}: sub must be 1 to 255 visible ASCII characters`);
  if ((account.password === undefined) === (account.password_hash === undefined)) {
    throw new TypeError(`${account.login}: write either password_hash or password`);
  }
  if (account.password_hash !== undefined) parsePasswordHash(account.password_hash);
  if (earlier.some(({ login }) => login === account.login)) throw new TypeError(`login ${account.login} stands twice`);
  if (earlier.some(({ sub }) => sub === account.sub)) throw new TypeError(`sub ${account.sub} stands twice`);
}

/** Accounts of the configuration file; `others` are asked for whom the list does not know. */
export function listedAccounts(list: readonly ListedAccount[], ...others: readonly AccountSource[]): Accounts {
  const known: KnownAccount[] = [];
  for (const listed of list) {
    const account = { ...listed, login: canonicalLogin(listed.login), sub: subOf(listed) };
    checkListed(account, known);
    known.push(account);
  }
  const hashed = known.find(({ password_hash }) => password_hash);
  return accountsFrom(
    {
      byLogin: async (login) => known.find((account) => account.login === login),
      bySub: async (sub) => known.find((account) => account.sub === sub),
      decoy: hashed ?? (known.length > 0 ? { password: randomBytes(16).toString('hex') } : undefined),
    },
    ...others,
  );
}

/** Accounts kept through an oidc-provider adapter, under the model name `Account`: sealed and hashed as everything else. */
export function storedAccounts(adapter: Adapter): StoredAccounts {
  const opened = (payload: Awaited<ReturnType<Adapter['find']>>) =>
    payload ? (payload.extra as unknown as KnownAccount) : undefined;
  const byLogin = async (login: string) => opened(await adapter.findByUid(canonicalLogin(login)));
  const keep = async (account: KnownAccount) => {
    await adapter.upsert(account.sub, { jti: account.sub, kind: 'Account', uid: account.login, extra: { ...account } });
  };
  return {
    byLogin,
    bySub: async (sub) => opened(await adapter.find(sub)),
    rehash: (account, password_hash) => keep({ ...account, password_hash }),
    async add({ login, password, claims = {} }) {
      if (!canonicalLogin(login)) throw new TypeError('login is empty');
      if (await byLogin(login)) throw new TypeError(`login ${login} is taken`);
      // Not made from the login: a subject is never given to somebody else, also when the login is.
      const sub = `account:${randomUUID()}`;
      await keep({ login: canonicalLogin(login), password_hash: await hashPassword(password), claims, sub });
      return sub;
    },
    async setPassword(login, password) {
      const account = await byLogin(login);
      if (account) await keep({ ...account, password_hash: await hashPassword(password) });
      return account !== undefined;
    },
    async remove(login) {
      const account = await byLogin(login);
      if (account) await adapter.destroy(account.sub);
      return account !== undefined;
    },
  };
}

/** Accounts by the deployment's own module, which exports `authenticate` and `findAccount`. */
export async function accountsModule(path: string): Promise<Accounts> {
  const module = await import(pathToFileURL(resolve(path)).href).catch((cause: Error) => {
    throw new OperationalError(`accounts module ${path} cannot be loaded: ${cause.message}`, { cause });
  });
  for (const name of ['authenticate', 'findAccount'] as const) {
    if (typeof module[name] !== 'function')
      throw new OperationalError(`accounts module ${path} has to export ${name}()`);
  }
  return { authenticate: module.authenticate, findAccount: module.findAccount };
}
