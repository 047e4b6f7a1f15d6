import { InvalidArgumentError } from 'commander';
import { readClaim } from '../accounts/claims.ts';
import { hashPassword } from '../accounts/password.ts';
import type { Done } from '../administration/account_desk.ts';
import { holdings } from '../administration/holdings.ts';
import { shownAccount } from '../administration/shown_account.ts';
import type { Config } from '../config/load.ts';
import { UsageError } from '../errors.ts';
import type { Resources } from '../resources.ts';
import type { Revoked } from '../store/held.ts';
import { openAccountDesk } from './desk.ts';
import { confirm, facts, print, table, time } from './output.ts';
import { readPassword } from './password_input.ts';

export const summary = 'keep accounts in the database, or print a password hash for the configuration file';

/** Options every command on accounts takes. */
export interface AccountOptions {
  readonly json: boolean;
  readonly yes?: boolean;
  readonly keepSessions?: boolean;
}

const ended = ({ sessions, grants, tokens }: Revoked) =>
  `ended ${sessions} sessions, ${grants} grants and ${tokens} tokens`;

export async function list(config: Config, resources: Resources, { json }: AccountOptions): Promise<void> {
  const {
    desk: { accounts, listed },
  } = await openAccountDesk(config, resources);
  const all = listed.map((account) => ({ account, source: 'file' as 'file' | 'database' }));
  for await (const page of accounts.all())
    all.push(...page.map((account) => ({ account, source: 'database' as const })));
  all.sort((a, b) => (a.account.login < b.account.login ? -1 : 1));
  print(
    json,
    all.map(({ account, source }) => shownAccount(account, source)),
    () =>
      table(
        ['login', 'sub', 'name', 'source', 'locked'],
        all.map(({ account: { login, sub, claims, locked_at }, source }) => [
          login,
          sub,
          claims?.name,
          source,
          time(locked_at),
        ]),
      ),
  );
}

export async function show(
  config: Config,
  resources: Resources,
  name: string,
  { json }: AccountOptions,
): Promise<void> {
  const { desk, store } = await openAccountDesk(config, resources);
  const found = await desk.find(name);
  if (!found) throw new UsageError(`no account ${name} in the database`);
  const { account, source } = found;
  const { sessions, grants } = await holdings(store, account.sub);
  const shown = { ...shownAccount(account, source), sessions, grants };
  print(json, shown, () =>
    facts([
      ['login', shown.login],
      ['sub', shown.sub],
      ['source', shown.source],
      ['locked', time(account.locked_at)],
      ...Object.entries(shown.claims).map(
        ([claim, value]) => [claim, typeof value === 'string' ? value : JSON.stringify(value)] as const,
      ),
      ['sessions', sessions.length],
      ['grants', grants.map((grant) => (grant as { client_id?: string }).client_id).join(', ') || 'none'],
    ]),
  );
}

export async function add(
  config: Config,
  resources: Resources,
  login: string,
  { json, claim: claims }: AccountOptions & { claim: Record<string, unknown> },
): Promise<void> {
  const { desk } = await openAccountDesk(config, resources);
  // Before anybody types a password for nothing.
  await desk.lookFree(login);
  const sub = await desk.add(login, await readPassword(), claims);
  print(json, { login, sub }, () => `added ${login}, sub ${sub}`);
}

/** Prints what was done to an account, and what it ended. */
function printDone(json: boolean, { account: { login, sub }, ended: revoked }: Done, text: string, ends = true): void {
  print(json, { login, sub, ...(ends && { ended: revoked }) }, () =>
    [text, ...(ends ? [ended(revoked)] : [])].join('\n'),
  );
}

export async function setPassword(
  config: Config,
  resources: Resources,
  name: string,
  { json, keepSessions = false }: AccountOptions,
): Promise<void> {
  const { desk } = await openAccountDesk(config, resources);
  await desk.look('accounts password', name);
  const done = await desk.setPassword(name, await readPassword(), { keepSessions });
  const text = `${done.account.login} has a new password`;
  if (json || !keepSessions) printDone(json, done, text);
  else console.log(text);
}

export async function lock(
  config: Config,
  resources: Resources,
  name: string,
  { json }: AccountOptions,
): Promise<void> {
  const { desk } = await openAccountDesk(config, resources);
  const done = await desk.lock(name);
  printDone(json, done, `locked ${done.account.login}`);
}

export async function unlock(
  config: Config,
  resources: Resources,
  name: string,
  { json }: AccountOptions,
): Promise<void> {
  const { desk } = await openAccountDesk(config, resources);
  const done = await desk.unlock(name);
  printDone(json, done, `unlocked ${done.account.login}`, false);
}

export async function remove(
  config: Config,
  resources: Resources,
  name: string,
  { json }: AccountOptions,
): Promise<void> {
  const { desk } = await openAccountDesk(config, resources);
  const done = await desk.remove(name);
  printDone(json, done, `removed ${done.account.login}`);
}

/** Prints everything that is kept about a person, as JSON, for them to have. */
export async function exportAccount(config: Config, resources: Resources, name: string): Promise<void> {
  const { desk } = await openAccountDesk(config, resources);
  print(true, await desk.export(name), () => '');
}

export async function erase(
  config: Config,
  resources: Resources,
  name: string,
  { json, yes = false }: AccountOptions,
): Promise<void> {
  const { desk } = await openAccountDesk(config, resources);
  const account = await desk.look('accounts erase', name);
  await confirm(`Erase ${account.login} (${account.sub}) and all that is kept about them?`, yes);
  const { ended: revoked } = await desk.erase(name);
  print(json, { sub: account.sub, ended: revoked }, () => `erased ${account.login}\n${ended(revoked)}`);
}

export async function hash(): Promise<void> {
  console.log(await hashPassword(await readPassword()));
}

/** `name=value` as the command line gives it, laid over the ones before. */
export function claim(assignment: string, claims: Record<string, unknown>): Record<string, unknown> {
  const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
  if (!name) throw new InvalidArgumentError('Write name=value, for example email=jane@example.com.');
  try {
    return { ...claims, [name]: readClaim(name, value) };
  } catch (error) {
    throw new InvalidArgumentError((error as TypeError).message);
  }
}
