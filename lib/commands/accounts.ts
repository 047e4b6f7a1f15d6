import { InvalidArgumentError } from 'commander';

import { canonicalLogin, type KnownAccount } from '../accounts/accounts.ts';
import { readClaim } from '../accounts/claims.ts';
import { hashPassword } from '../accounts/password.ts';
import { byTime, told } from '../audit/read.ts';
import type { Config } from '../config/load.ts';
import { UsageError } from '../errors.ts';
import type { Resources } from '../resources.ts';
import type { Revoked } from '../store/held.ts';
import { Desk, holdings } from './account_desk.ts';
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

const publicPart = ({ login, sub, claims = {}, locked_at }: KnownAccount, source: string) => ({
  login,
  sub,
  source,
  claims,
  ...(locked_at !== undefined && { locked_at: new Date(locked_at * 1000).toISOString() }),
});

export async function list(config: Config, resources: Resources, { json }: AccountOptions): Promise<void> {
  const { accounts, listed } = await Desk.open(config, resources);
  const all = listed.map((account) => ({ account, source: 'file' }));
  for await (const page of accounts.all()) all.push(...page.map((account) => ({ account, source: 'database' })));
  all.sort((a, b) => (a.account.login < b.account.login ? -1 : 1));
  print(
    json,
    all.map(({ account, source }) => publicPart(account, source)),
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
  const desk = await Desk.open(config, resources);
  const inFile = desk.listed.find(
    ({ login, sub }) => [canonicalLogin(login), sub].includes(canonicalLogin(name)) || sub === name,
  );
  const account = inFile ?? (await desk.known(name));
  const { sessions, grants } = await holdings(desk.store, account.sub);
  const shown = { ...publicPart(account, inFile ? 'file' : 'database'), sessions, grants };
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
  const desk = await Desk.open(config, resources);
  desk.notInFile(login);
  if (!canonicalLogin(login)) throw new UsageError('login is empty');
  if (await desk.accounts.byLogin(login)) throw new UsageError(`login ${login} is taken`);
  const password = await readPassword();
  const sub = await desk.accounts.add({ login, password, claims }).catch((error: unknown) => {
    throw error instanceof TypeError ? new UsageError(error.message) : error;
  });
  await desk.record('account.added', sub);
  print(json, { login, sub }, () => `added ${login}, sub ${sub}`);
}

export async function setPassword(
  config: Config,
  resources: Resources,
  name: string,
  { json, keepSessions = false }: AccountOptions,
): Promise<void> {
  const desk = await Desk.open(config, resources);
  const account = await desk.known(name);
  await desk.accounts.setPassword(account.login, await readPassword(), { keepSessions });
  const revoked = keepSessions ? { sessions: 0, grants: 0, tokens: 0 } : await desk.end(account);
  await desk.record('account.password', account.sub, { ...revoked });
  print(json, { login: account.login, sub: account.sub, ended: revoked }, () =>
    [`${account.login} has a new password`, ...(keepSessions ? [] : [ended(revoked)])].join('\n'),
  );
}

export async function lock(
  config: Config,
  resources: Resources,
  name: string,
  { json }: AccountOptions,
): Promise<void> {
  const desk = await Desk.open(config, resources);
  const account = await desk.known(name);
  if (!(await desk.accounts.lock(account.login))) throw new UsageError(`${account.login} is locked already`);
  const revoked = await desk.end(account);
  await desk.record('account.locked', account.sub, { ...revoked });
  print(
    json,
    { login: account.login, sub: account.sub, ended: revoked },
    () => `locked ${account.login}\n${ended(revoked)}`,
  );
}

export async function unlock(
  config: Config,
  resources: Resources,
  name: string,
  { json }: AccountOptions,
): Promise<void> {
  const desk = await Desk.open(config, resources);
  const account = await desk.known(name);
  if (!(await desk.accounts.unlock(account.login))) throw new UsageError(`${account.login} is not locked`);
  await desk.record('account.unlocked', account.sub);
  print(json, { login: account.login, sub: account.sub }, () => `unlocked ${account.login}`);
}

export async function remove(
  config: Config,
  resources: Resources,
  name: string,
  { json }: AccountOptions,
): Promise<void> {
  const desk = await Desk.open(config, resources);
  const account = await desk.known(name);
  if (!(await desk.accounts.remove(account.login))) throw new UsageError(`no account ${name} in the database`);
  const revoked = await desk.end(account);
  await desk.record('account.removed', account.sub, { ...revoked });
  print(
    json,
    { login: account.login, sub: account.sub, ended: revoked },
    () => `removed ${account.login}\n${ended(revoked)}`,
  );
}

/**
 * Prints all that is kept about a person, as JSON, for them to have; no password hash and no token is in it.
 *
 * @see [GDPR Article 15 - Right of access](https://eur-lex.europa.eu/eli/reg/2016/679/oj)
 */
export async function exportAccount(config: Config, resources: Resources, name: string): Promise<void> {
  const desk = await Desk.open(config, resources);
  const account = await desk.known(name);
  const pseudonym = await desk.audit?.pseudonyms.find(account.sub);
  const trail = [];
  if (desk.audit && pseudonym?.key) {
    const keys = new Map([[pseudonym.name, pseudonym.key]]);
    for await (const row of byTime(desk.store.knex, desk.audit.table, { account: pseudonym.name })) {
      const { at, event, client, address, details } = told(row, keys);
      trail.push({ at: new Date(at).toISOString(), event, client, address, details });
    }
  }
  await desk.record('account.exported', account.sub);
  const kept = { ...publicPart(account, 'database'), ...(await holdings(desk.store, account.sub)), trail };
  print(true, kept, () => '');
}

/**
 * Deletes all that is kept about a person: the account, what they hold, and the key of their records in the trail, which
 * nobody can read or trace to them from then on.
 *
 * @see [GDPR Article 17 - Right to erasure](https://eur-lex.europa.eu/eli/reg/2016/679/oj)
 */
export async function erase(
  config: Config,
  resources: Resources,
  name: string,
  { json, yes = false }: AccountOptions,
): Promise<void> {
  const desk = await Desk.open(config, resources);
  const account = await desk.known(name);
  await confirm(`Erase ${account.login} (${account.sub}) and all that is kept about them?`, yes);
  if (!(await desk.accounts.remove(account.login))) throw new UsageError(`no account ${name} in the database`);
  const revoked = await desk.end(account);
  await desk.audit?.pseudonyms.destroy(account.sub);
  await desk.record('account.erased', account.sub);
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
