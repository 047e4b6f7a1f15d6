import { userInfo } from 'node:os';

import { canonicalLogin } from '../accounts/accounts.ts';
import { subOf } from '../accounts/listed.ts';
import { AccountDesk } from '../administration/account_desk.ts';
import { Acts } from '../administration/acts.ts';
import { ClientDesk } from '../administration/client_desk.ts';
import { GrantDesk } from '../administration/grant_desk.ts';
import type { Audit } from '../audit/audit.ts';
import { openAudit } from '../audit/open.ts';
import type { Config } from '../config/load.ts';
import { UsageError } from '../errors.ts';
import type { Resources } from '../resources.ts';
import { clientJudge } from '../server/client_judge.ts';
import { openConfiguredStore } from '../server/configured_store.ts';
import { openAccounts } from '../server/open_accounts.ts';
import { createProvider } from '../server/provider.ts';
import type { OidcStore } from '../store/open_store.ts';
import { stand } from './judge.ts';

/** The operating system's user that runs the command, as the trail names them. */
export function operator(): string {
  try {
    return `${userInfo().username} by command`;
  } catch {
    return `user ${process.getuid?.()} by command`;
  }
}

interface Opened {
  readonly store: OidcStore;
  readonly audit: Audit | undefined;
  readonly acts: Acts;
}

/** Opens the store and the trail, for acts of whoever runs the command. */
export async function open(config: Config, resources: Resources): Promise<Opened> {
  const store = await openConfiguredStore(config, resources);
  const audit = await openAudit(store.adapter, config.audit);
  if (audit) resources.add(audit, () => audit.close());
  return { store, audit, acts: new Acts(store.adapter, audit, operator()) };
}

/**
 * Opens what a command on accounts works with.
 *
 * @throws {UsageError} when accounts come from a module.
 */
export async function openAccountDesk(
  config: Config,
  resources: Resources,
): Promise<{ desk: AccountDesk; store: OidcStore }> {
  const { accounts: listed } = config;
  if (!Array.isArray(listed)) {
    throw new UsageError('accounts come from a module of yours (accounts.module), the database has none');
  }
  const opened = await open(config, resources);
  const accounts = await openAccounts(opened.store.adapter);
  return { desk: new AccountDesk({ ...opened, accounts, listed, open: openAccounts }), store: opened.store };
}

/**
 * Makes the function that finds the `sub` of a name: a login or sub of the file or the database. Where accounts are a
 * module's, every name may be a sub.
 */
function subjectsOf({ accounts }: Config, { adapter }: OidcStore): (name: string) => Promise<string | undefined> {
  return async function subjectOf(name) {
    if (!Array.isArray(accounts)) return name;
    const login = canonicalLogin(name);
    const listed = accounts.find((account) => canonicalLogin(account.login) === login || subOf(account) === name);
    if (listed) return subOf(listed);
    const stored = await openAccounts(adapter);
    return ((await stored.byLogin(name)) ?? (await stored.bySub(name)))?.sub;
  };
}

/** Opens what a command on clients and grants works with; a provider to judge by is made when it is needed. */
export async function openDesks(
  config: Config,
  resources: Resources,
): Promise<{ clients: ClientDesk; grants: GrantDesk }> {
  const { store, acts } = await open(config, resources);
  async function judge() {
    const keys = await store.keys(config.keys?.jwks);
    const parts = { ...(await stand(config)), adapter: store.adapter, keys };
    return clientJudge(config, parts, await createProvider(config, parts));
  }
  const { clients: listed, development } = config;
  const clients = new ClientDesk({ store, acts, listed, development, judge });
  const knownClient = (client_id: string) => clients.known(client_id);
  return { clients, grants: new GrantDesk({ store, acts, knownClient, subjectOf: subjectsOf(config, store) }) };
}
