import { canonicalLogin, type KnownAccount, type ListedAccount } from '../accounts/accounts.ts';
import { subOf } from '../accounts/listed.ts';
import type { StoredAccounts } from '../accounts/stored.ts';
import type { Audit } from '../audit/audit.ts';
import type { EventName } from '../audit/event.ts';
import { openAudit } from '../audit/open.ts';
import type { Config } from '../config/load.ts';
import { UsageError } from '../errors.ts';
import type { Resources } from '../resources.ts';
import { openAccounts } from '../server/open_accounts.ts';
import { openStore } from '../server/open_store.ts';
import type { Revoked } from '../store/held.ts';
import type { OidcStore } from '../store/open_store.ts';

/** One run of a command on accounts: what it works on, and its record in the trail. */
export class Desk {
  readonly store: OidcStore;
  readonly accounts: StoredAccounts;
  readonly audit: Audit | undefined;
  readonly #listed: readonly ListedAccount[];

  private constructor(config: Config, store: OidcStore, accounts: StoredAccounts, audit: Audit | undefined) {
    this.#listed = Array.isArray(config.accounts) ? config.accounts : [];
    this.store = store;
    this.accounts = accounts;
    this.audit = audit;
  }

  static async open(config: Config, resources: Resources): Promise<Desk> {
    if (!Array.isArray(config.accounts)) {
      throw new UsageError('accounts come from a module of yours (accounts.module), the database has none');
    }
    const store = await openStore(config, resources);
    const audit = await openAudit(store.adapter, config.audit);
    if (audit) resources.add(audit, () => audit.close());
    return new Desk(config, store, await openAccounts(store.adapter), audit);
  }

  get listed(): KnownAccount[] {
    return this.#listed.map((account) => ({ ...account, sub: subOf(account) }));
  }

  /** @throws {UsageError} when the file has the login. */
  notInFile(login: string): void {
    if (this.listed.some((account) => canonicalLogin(account.login) === canonicalLogin(login))) {
      throw new UsageError(`${login} stands in the configuration file, change it there`);
    }
  }

  /** The account of a login, or of a sub. @throws {UsageError} when there is none. */
  async known(name: string): Promise<KnownAccount> {
    this.notInFile(name);
    const account = (await this.accounts.byLogin(name)) ?? (await this.accounts.bySub(name));
    if (!account) throw new UsageError(`no account ${name} in the database`);
    return account;
  }

  /** Ends what the person holds, on every process at once. */
  end({ sub }: KnownAccount): Promise<Revoked> {
    return this.store.revoke({ account: sub });
  }

  async record(event: EventName, account: string, details?: Record<string, unknown>): Promise<void> {
    await this.audit?.write({ event, account, by: 'command', details });
  }
}

/** Lists what a person holds, without anything that lets its reader act for them. */
export async function holdings(store: OidcStore, account: string) {
  const sessions: object[] = [];
  for await (const page of store.held('Session', { account })) {
    for (const { loginTs, exp, amr, acr, authorizations } of page) {
      sessions.push({
        signed_in_at: iso(loginTs),
        expires_at: iso(exp),
        amr,
        acr,
        clients: Object.keys(authorizations ?? {}),
      });
    }
  }
  const grants: object[] = [];
  for await (const page of store.held('Grant', { account })) {
    for (const { clientId, iat, exp, openid, resources, rar } of page) {
      grants.push({
        client_id: clientId,
        given_at: iso(iat),
        expires_at: iso(exp),
        openid,
        resources,
        authorization_details: rar,
      });
    }
  }
  return { sessions, grants };
}

const iso = (seconds: unknown) => (typeof seconds === 'number' ? new Date(seconds * 1000).toISOString() : undefined);
