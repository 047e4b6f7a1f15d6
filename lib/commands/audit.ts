import { canonicalLogin } from '../accounts/accounts.ts';
import { subOf } from '../accounts/listed.ts';
import { storedAccounts } from '../accounts/stored.ts';
import { auditKeys, notedEnds, openAudit, publicOf } from '../audit/open.ts';
import { Pseudonyms } from '../audit/pseudonyms.ts';
import { byChain, byTime, judgeEvent, sentence, type Told, told, type Wanted } from '../audit/read.ts';
import { makePartitions, retire as retireRows } from '../audit/retention.ts';
import { type Fault, verifyTrail } from '../audit/verify.ts';
import type { Config } from '../config/load.ts';
import { UsageError } from '../errors.ts';
import type { Resources } from '../resources.ts';
import { openConfiguredStore } from '../server/configured_store.ts';
import type { KnexAdapterFactory } from '../store/adapter.ts';
import { rowId } from '../store/row.ts';
import { auditTableOf } from '../store/statements.ts';
import { operator } from './desk.ts';

export const summary = 'read the trail of security decisions, and prove that nobody changed it';

/** Options as the command line gives them. */
export interface Filter {
  readonly account?: string;
  readonly client?: string;
  readonly grant?: string;
  readonly flow?: string;
  readonly event?: string;
  readonly since?: string;
  readonly until?: string;
}

interface Opened {
  readonly adapter: KnexAdapterFactory;
  readonly table: string;
  readonly pseudonyms: Pseudonyms;
}

async function open(config: Config, resources: Resources): Promise<Opened> {
  const { adapter } = await openConfiguredStore(config, resources);
  const { knex, seal, table: payloads } = adapter.store;
  const { secret } = await auditKeys(adapter);
  const table = payloads.replace('oidc_payloads', 'oidc_pseudonyms');
  return { adapter, table: auditTableOf(payloads), pseudonyms: new Pseudonyms({ knex, table, seal, secret }) };
}

/** A point in time: a date, a date with a time, or so long ago (`90m`, `12h`, `7d`). In milliseconds since the epoch. */
export function timeOf(text: string | undefined, now = Date.now()): number | undefined {
  if (text === undefined) return undefined;
  const [, count, unit = ''] = /^(\d+)([mhd])$/.exec(text) ?? [];
  const length = { m: 60_000, h: 3_600_000, d: 86_400_000 }[unit];
  const time = count && length ? now - Number(count) * length : Date.parse(text);
  if (!Number.isFinite(time)) {
    throw new UsageError(`${text} is no time: write 2026-11-27, 2026-11-27T08:00Z, or 90m, 12h, 7d for so long ago`);
  }
  return time;
}

/** A login of the file or the database stands for its `sub`. */
async function subjectOf(config: Config, adapter: KnexAdapterFactory, name: string): Promise<string> {
  const login = canonicalLogin(name);
  const listed = Array.isArray(config.accounts)
    ? config.accounts.find((account) => canonicalLogin(account.login) === login)
    : undefined;
  return listed ? subOf(listed) : ((await storedAccounts(adapter('Account')).byLogin(login))?.sub ?? name);
}

async function wantedBy(config: Config, { adapter, pseudonyms }: Opened, filter: Filter): Promise<Wanted> {
  const { account, grant, since, until, ...equal } = filter;
  judgeEvent(equal.event);
  const person = account === undefined ? undefined : await pseudonyms.find(await subjectOf(config, adapter, account));
  if (account !== undefined && !person) throw new UsageError(`the trail tells of no account ${account}`);
  return {
    ...equal,
    account: person?.name,
    // As the table of payloads has it, so that no grant id stands in a command's history.
    grant_id: grant === undefined ? undefined : /^[0-9a-f]{64}$/.test(grant) ? grant : rowId('Grant', grant),
    since: timeOf(since),
    until: timeOf(until),
  };
}

async function* found(config: Config, opened: Opened, filter: Filter): AsyncIterable<Told> {
  const wanted = await wantedBy(config, opened, filter);
  const keys = await opened.pseudonyms.all();
  for await (const row of byTime(opened.adapter.store.knex, opened.table, wanted)) yield told(row, keys);
}

/** Records of the trail about itself, which say nothing to a reader who did not ask for them. */
const bookkeeping = new Set(['audit.began', 'audit.checkpoint']);

/** Prints a sentence a record, but for bookkeeping that was not asked for; with `json` every record, an object a line. */
export async function list(config: Config, resources: Resources, filter: Filter, json: boolean): Promise<void> {
  for await (const record of found(config, await open(config, resources), filter)) {
    if (!json && filter.event === undefined && bookkeeping.has(record.event)) continue;
    console.log(json ? JSON.stringify(record) : sentence(record));
  }
}

/** Prints rows as they stand in the table, a JSON object a line, so that they can be verified elsewhere. */
export async function exportRows(config: Config, resources: Resources): Promise<void> {
  const { adapter, table } = await open(config, resources);
  for await (const row of byChain(adapter.store.knex, table)) console.log(JSON.stringify(row));
}

/** Tells one flow, from the push to the last refresh, a sentence a record. */
export async function explain(config: Config, resources: Resources, flow: string, json: boolean): Promise<void> {
  const records: Told[] = [];
  for await (const record of found(config, await open(config, resources), { flow })) records.push(record);
  if (records.length === 0) throw new UsageError(`the trail tells of no flow ${flow}`);
  if (json) console.log(JSON.stringify(records, null, 2));
  else for (const record of records) console.log(sentence(record));
}

/** Verifies every chain; the exit code is 2 where one is not as it was written, and a record says so. */
export async function verify(config: Config, resources: Resources, json: boolean): Promise<void> {
  const { adapter, table } = await open(config, resources);
  const { signing } = await auditKeys(adapter);
  const keys = new Map([[`${signing.kid}`, publicOf(signing)]]);
  const { store } = adapter;
  const verified = await verifyTrail(byChain(store.knex, table), {
    keys,
    expected: await notedEnds(store),
  });
  const { rows, chains, checkpoints, unsigned, faults } = verified;
  if (json) console.log(JSON.stringify(verified, null, 2));
  else {
    console.log(`${rows} records in ${chains} chains, ${checkpoints} checkpoints, ${unsigned} records not signed yet`);
    for (const { chain, seq, text } of faults) console.log(`chain ${chain}, record ${seq}: ${text}`);
  }
  if (faults.length === 0) return;
  await recordFaults(config, resources, adapter, faults);
  throw new UsageError(`the trail is not as it was written: ${faults.length} faults`);
}

/** Whoever verifies may read the trail and append nothing: then the command alone says it. */
async function recordFaults(
  config: Config,
  resources: Resources,
  adapter: KnexAdapterFactory,
  [first, ...others]: readonly Fault[],
): Promise<void> {
  const audit = await openAudit(adapter, config.audit);
  if (!audit) return;
  resources.add(audit, () => audit.close().catch(() => {}));
  const details = { faults: 1 + others.length, first };
  await audit.write({ event: 'audit.faulty', by: operator(), details }).catch(() => {});
}

/** Makes the partitions of the coming months, drops records older than `audit.keep_days`, and records that it did. */
export async function retire(config: Config, resources: Resources): Promise<void> {
  const { adapter } = await open(config, resources);
  const before = Date.now() - config.audit.keep_days * 86_400_000;
  const made = await makePartitions(adapter.store);
  if (made.length > 0) console.log(`${made.length} partitions of the coming months were made`);
  const { rows, partitions } = await retireRows(adapter, before);
  console.log(
    `${rows} records from before ${new Date(before).toISOString()} are gone, ${partitions} partitions dropped`,
  );
}
