import { randomUUID } from 'node:crypto';

import type { Adapter, AdapterPayload } from 'oidc-provider';

import { seconds } from '../seconds.ts';
import { type AccountSource, canonicalLogin, type KnownAccount } from './accounts.ts';
import { hashPassword, workToday } from './password.ts';

/** Operations on accounts beyond an adapter's, so that two at the same time do not undo one another's work. */
export interface AccountStore {
  /** Changes a payload that is there, in one conditional statement. @returns what was written, if anything */
  change(
    sub: string,
    make: (payload: AdapterPayload) => AdapterPayload | undefined,
  ): Promise<AdapterPayload | undefined>;
  /** Takes a login for an account. @returns whether it was free */
  reserve(login: string): Promise<boolean>;
  release(login: string): Promise<void>;
  /** Every account, page by page. */
  all(): AsyncIterable<readonly AdapterPayload[]>;
}

/** Accounts in the database. */
export interface StoredAccounts extends AccountSource {
  /**
   * Adds an account.
   *
   * @returns its `sub`, which no other account ever had
   * @throws {TypeError} when the login is taken.
   */
  add(account: { login: string; password: string; claims?: Record<string, unknown> }): Promise<string>;
  /** Gives a new password; logins from before it are worth nothing unless kept. @returns whether there is such an account */
  setPassword(login: string, password: string, options?: { keepSessions?: boolean }): Promise<boolean>;
  /**
   * Locks an account.
   *
   * @returns true when it was not locked before; `undefined` when there is no such account
   */
  lock(login: string): Promise<boolean | undefined>;
  /**
   * Unlocks an account.
   *
   * @returns true when it was locked; `undefined` when there is no such account
   */
  unlock(login: string): Promise<boolean | undefined>;
  /**
   * Removes an account.
   *
   * @returns true when there was one
   */
  remove(login: string): Promise<boolean>;
  /**
   * Every account, page by page.
   *
   * @throws {TypeError} where the store cannot list.
   */
  all(): AsyncIterable<readonly KnownAccount[]>;
}

/** The account in a payload: its member `extra`, which core's types know nothing of. */
const accountIn = ({ extra }: AdapterPayload) => extra as unknown as KnownAccount;

const opened = (payload: Awaited<ReturnType<Adapter['find']>>) => (payload ? accountIn(payload) : undefined);

const payloadOf = (account: KnownAccount): AdapterPayload => ({
  jti: account.sub,
  kind: 'Account',
  uid: account.login,
  extra: { ...account },
});

/** Keeps an account for good: core's type wants a lifetime of everything. */
const keep = (adapter: Adapter, sub: string, payload: AdapterPayload): Promise<unknown> =>
  Promise.resolve(adapter.upsert(sub, payload, undefined));

/** Operations by an adapter alone: of two changes at the same time, one may be lost. */
function byAdapter(adapter: Adapter): AccountStore {
  return {
    async change(sub, make) {
      const payload = await adapter.find(sub);
      const made = payload ? make(payload) : undefined;
      if (made) await keep(adapter, sub, made);
      return made;
    },
    reserve: async () => true,
    release: async () => {},
    all() {
      throw new TypeError('this adapter cannot list accounts');
    },
  };
}

/**
 * Accounts kept through an adapter of core's, under the model name `Account`: sealed and hashed as everything else.
 *
 * @param adapter `adapter('Account')`.
 * @param store operations beyond the adapter's; with the adapter alone, of two changes at once one may be lost.
 * @throws {TypeError} from `add()`, for a login that is taken, and from `all()`, where the store cannot list.
 * @example
 * const sub = await storedAccounts(adapter('Account')).add({ login: 'jane', password });
 */
export function storedAccounts(adapter: Adapter, store: AccountStore = byAdapter(adapter)): StoredAccounts {
  const byLogin = async (login: string) => opened(await adapter.findByUid(canonicalLogin(login)));
  async function change(login: string, make: (account: KnownAccount) => KnownAccount | undefined) {
    const account = await byLogin(login);
    if (!account) return undefined;
    let found = false;
    const changed = await store.change(account.sub, (payload) => {
      found = true;
      const made = make(accountIn(payload));
      return made && payloadOf(made);
    });
    return found ? changed !== undefined : undefined;
  }
  return {
    byLogin,
    work: workToday,
    bySub: async (sub) => opened(await adapter.find(sub)),
    async rehash({ login, password_hash: compared }, password_hash) {
      // Only in the place of the hash that was compared: a password given meanwhile stays.
      await change(login, (account) =>
        account.password_hash === compared ? { ...account, password_hash } : undefined,
      );
    },
    async add({ login, password, claims = {} }) {
      const canonical = canonicalLogin(login);
      if (!canonical) throw new TypeError('login is empty');
      if (await byLogin(canonical)) throw new TypeError(`login ${login} is taken`);
      const password_hash = await hashPassword(password);
      if (!(await store.reserve(canonical))) throw new TypeError(`login ${login} is taken`);
      // Not made from the login: a subject is never given to somebody else, also when the login is.
      const sub = `account:${randomUUID()}`;
      await keep(adapter, sub, payloadOf({ login: canonical, password_hash, claims, sub }));
      return sub;
    },
    async setPassword(login, password, { keepSessions = false } = {}) {
      const password_hash = await hashPassword(password);
      const since = keepSessions ? {} : { valid_from: seconds() };
      const changed = await change(login, (account) => ({ ...account, password_hash, ...since }));
      return changed === true;
    },
    lock: (login) =>
      change(login, (account) => (account.locked_at === undefined ? { ...account, locked_at: seconds() } : undefined)),
    unlock: (login) =>
      change(login, ({ locked_at, ...account }) =>
        locked_at === undefined ? undefined : { ...account, valid_from: seconds() },
      ),
    async remove(login) {
      const account = await byLogin(login);
      if (!account) return false;
      await adapter.destroy(account.sub);
      await store.release(account.login);
      return true;
    },
    async *all() {
      for await (const page of store.all()) {
        yield page.map(accountIn);
      }
    },
  };
}
