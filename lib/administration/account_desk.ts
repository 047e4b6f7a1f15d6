import { canonicalLogin, type KnownAccount, type ListedAccount } from '../accounts/accounts.ts';
import { subOf } from '../accounts/listed.ts';
import type { StoredAccounts } from '../accounts/stored.ts';
import type { Audit } from '../audit/audit.ts';
import type { EventName } from '../audit/event.ts';
import { byTime, told } from '../audit/read.ts';
import type { KnexAdapterFactory } from '../store/adapter.ts';
import { type Revoked, revoke } from '../store/held.ts';
import type { OidcStore } from '../store/open_store.ts';
import type { Act, Acts } from './acts.ts';
import { holdings } from './holdings.ts';
import { ActRefused } from './refused.ts';
import { type ShownAccount, shownAccount } from './shown_account.ts';

/** Parts a desk for accounts is made of. */
export interface AccountDeskParts {
  readonly store: OidcStore;
  readonly accounts: StoredAccounts;
  /** The same accounts in a transaction. */
  readonly open: (adapter: KnexAdapterFactory) => Promise<StoredAccounts>;
  readonly audit: Audit | undefined;
  readonly acts: Acts;
  /** Accounts of the configuration file: they are changed there. */
  readonly listed: readonly ListedAccount[];
}

/** An act on an account, and what it ended. */
export interface Done {
  readonly account: KnownAccount;
  readonly ended: Revoked;
}

const nothing: Revoked = { sessions: 0, grants: 0, tokens: 0 };

/** Administers the accounts of a database: each act is done at once on every process, and recorded. */
export class AccountDesk {
  readonly accounts: StoredAccounts;
  readonly #parts: AccountDeskParts;

  constructor(parts: AccountDeskParts) {
    this.#parts = parts;
    this.accounts = parts.accounts;
  }

  get listed(): KnownAccount[] {
    return this.#parts.listed.map((account) => ({ ...account, sub: subOf(account) }));
  }

  /**
   * Refuses a login that stands in the configuration file.
   *
   * @throws {ActRefused} when it does.
   */
  notInFile(login: string): void {
    if (this.listed.some((account) => canonicalLogin(account.login) === canonicalLogin(login))) {
      throw new ActRefused(409, `${login} stands in the configuration file, change it there`);
    }
  }

  /** An account of the file or the database, by its login or sub. */
  async find(name: string): Promise<{ account: KnownAccount; source: ShownAccount['source'] } | undefined> {
    const login = canonicalLogin(name);
    const inFile = this.listed.find((account) => canonicalLogin(account.login) === login || account.sub === name);
    if (inFile) return { account: inFile, source: 'file' };
    const account = (await this.accounts.byLogin(name)) ?? (await this.accounts.bySub(name));
    return account && { account, source: 'database' };
  }

  /** The account of a login, or of a sub, in the database. @throws {ActRefused} when there is none. */
  async known(name: string): Promise<KnownAccount> {
    this.notInFile(name);
    const account = (await this.accounts.byLogin(name)) ?? (await this.accounts.bySub(name));
    if (!account) throw new ActRefused(404, `no account ${name} in the database`);
    return account;
  }

  /**
   * Finds the account of an act, before somebody is asked for more.
   *
   * @throws {ActRefused} when there is none, with a record.
   */
  look(act: string, name: string): Promise<KnownAccount> {
    return this.#parts.acts.attempt(act, {}, () => this.known(name));
  }

  /**
   * Makes sure that an account of this login could be added, before somebody is asked for more.
   *
   * @throws {ActRefused} when it could not be, with a record.
   */
  lookFree(login: string): Promise<void> {
    return this.#parts.acts.attempt('accounts add', {}, () => this.free(login));
  }

  /**
   * Makes sure that a login is free.
   *
   * @throws {ActRefused} when it is empty, of the file, or taken.
   */
  async free(login: string): Promise<void> {
    this.notInFile(login);
    if (!canonicalLogin(login)) throw new ActRefused(400, 'login is empty');
    if (await this.accounts.byLogin(login)) throw new ActRefused(409, `login ${login} is taken`);
  }

  /**
   * Adds an account.
   *
   * @returns its sub
   */
  add(login: string, password: string, claims: Record<string, unknown>): Promise<string> {
    const { acts, open } = this.#parts;
    return acts.attempt('accounts add', {}, async () => {
      await this.free(login);
      return acts.transact(async ({ adapter, record }) => {
        const accounts = await open(adapter);
        const sub = await accounts.add({ login, password, claims }).catch((error: unknown) => {
          throw error instanceof TypeError ? new ActRefused(409, error.message) : error;
        });
        record('account.added', { account: sub });
        return sub;
      });
    });
  }

  setPassword(name: string, password: string, { keepSessions = false } = {}): Promise<Done> {
    return this.#act('accounts password', 'account.password', name, async (accounts, { login }) => {
      await accounts.setPassword(login, password, { keepSessions });
      return !keepSessions;
    });
  }

  lock(name: string): Promise<Done> {
    return this.#act('accounts lock', 'account.locked', name, async (accounts, { login }) => {
      if (!(await accounts.lock(login))) throw new ActRefused(409, `${login} is locked already`);
      return true;
    });
  }

  unlock(name: string): Promise<Done> {
    return this.#act('accounts unlock', 'account.unlocked', name, async (accounts, { login }) => {
      if (!(await accounts.unlock(login))) throw new ActRefused(409, `${login} is not locked`);
      return false;
    });
  }

  remove(name: string): Promise<Done> {
    return this.#act('accounts remove', 'account.removed', name, async (accounts, { login }) => {
      if (!(await accounts.remove(login))) throw new ActRefused(404, `no account ${name} in the database`);
      return true;
    });
  }

  /**
   * Deletes everything that is kept about a person: the account, what they hold, and the key of their records in the
   * trail. Nobody can read those records, or trace them to the person, from then on.
   *
   * @see [GDPR Article 17 - Right to erasure](https://eur-lex.europa.eu/eli/reg/2016/679/oj)
   */
  async erase(name: string): Promise<Done> {
    const { audit } = this.#parts;
    const done = await this.#act(
      'accounts erase',
      'account.erased',
      name,
      async (accounts, { login, sub }, { adapter }) => {
        if (!(await accounts.remove(login))) throw new ActRefused(404, `no account ${name} in the database`);
        await audit?.pseudonyms.within(adapter.store.knex).destroy(sub);
        return true;
      },
    );
    audit?.pseudonyms.forget(done.account.sub);
    return done;
  }

  /**
   * Collects everything that is kept about a person, for them to have. No password hash and no token is in it.
   *
   * @see [GDPR Article 15 - Right of access](https://eur-lex.europa.eu/eli/reg/2016/679/oj)
   */
  export(name: string): Promise<object> {
    const { acts, store } = this.#parts;
    return acts.attempt('accounts export', {}, async () => {
      const account = await this.known(name);
      const trail = await this.#trailOf(account);
      await acts.record('account.exported', { account: account.sub });
      return { ...shownAccount(account, 'database'), ...(await holdings(store, account.sub)), trail };
    });
  }

  async #trailOf({ sub }: KnownAccount): Promise<object[]> {
    const { audit, store } = this.#parts;
    const pseudonym = await audit?.pseudonyms.find(sub);
    const trail: object[] = [];
    if (!audit || !pseudonym?.key) return trail;
    const keys = new Map([[pseudonym.name, pseudonym.key]]);
    for await (const row of byTime(store.knex, audit.table, { account: pseudonym.name })) {
      const { at, event, client, address, details } = told(row, keys);
      trail.push({ at: new Date(at).toISOString(), event, client, address, details });
    }
    return trail;
  }

  /** Does an act, ends what the person holds where the act says so, and records it: all of it, or nothing. */
  #act(
    act: string,
    event: EventName,
    name: string,
    work: (accounts: StoredAccounts, account: KnownAccount, within: Act) => Promise<boolean>,
  ): Promise<Done> {
    const { acts, open } = this.#parts;
    return acts.attempt(act, {}, async () => {
      const account = await this.known(name);
      return acts.transact(async (within) => {
        const ends = await work(await open(within.adapter), account, within);
        const ended = ends ? await revoke(within.adapter.store, { account: account.sub }) : nothing;
        within.record(event, { account: account.sub, ...(ends && { details: { ...ended } }) });
        return { account, ended };
      });
    });
  }
}
