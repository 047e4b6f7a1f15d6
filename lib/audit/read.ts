import type { Knex } from 'knex';
import { didYouMean } from '../did_you_mean.ts';
import { UsageError } from '../errors.ts';
import { plain } from '../plain_text.ts';
import type { AuditRow } from '../store/trail.ts';
import { events, type Occurrence } from './event.ts';
import { openRecord } from './pseudonyms.ts';

/** A selection of the trail's rows. Times in milliseconds since the epoch; bytes in hexadecimal. */
export interface Wanted {
  readonly account?: string | undefined;
  readonly client?: string | undefined;
  readonly grant_id?: string | undefined;
  readonly flow?: string | undefined;
  readonly event?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/**
 * Refuses a name that no event has: the answer to a misspelt one would be empty.
 *
 * @throws {UsageError} when there is no event of this name.
 */
export function judgeEvent(name: string | undefined): void {
  if (name === undefined || Object.hasOwn(events, name)) return;
  throw new UsageError(
    `there is no event ${plain(name)}${didYouMean(name, Object.keys(events)) || ': lib/audit/event.ts lists them'}`,
  );
}

/** Thrown where the role of the database may append to the trail and not read it, as the role of a server. */
export class TrailUnreadable extends UsageError {
  constructor() {
    super(
      'this role of the database may not read the trail: ask by command as one that may, or let the role, by `grant select on oidc_audit`',
    );
  }
}

async function asked(knex: Knex, text: string, values: readonly (string | number)[]): Promise<AuditRow[]> {
  try {
    return (await knex.raw(text, [...values])).rows;
  } catch (error) {
    throw (error as { code?: unknown }).code === '42501' ? new TrailUnreadable() : error;
  }
}

const page = 5000;
const bytes = ['account', 'grant_id', 'record', 'hash'] as const;
const columns = `at, node, chain, seq, event, clause, flow, client, interaction_id, address, ${bytes
  .map((name) => `encode(${name}, 'hex') as ${name}`)
  .join(', ')}`;

/** A row as the database answers it: int8 is text from Postgres and a number from PGlite. */
function rowOf(found: AuditRow): AuditRow {
  return { ...found, at: Number(found.at), seq: Number(found.seq) };
}

/** Every row, by chain and within it by place, a page at a time. */
export async function* byChain(knex: Knex, table: string): AsyncIterable<AuditRow> {
  let after: readonly [string, number, number] = ['', 0, 0];
  for (;;) {
    const rows = await asked(
      knex,
      `select ${columns} from ${table} where (chain, seq, at) > (?, ?, ?) order by chain, seq, at limit ${page}`,
      [...after],
    );
    for (const row of rows) yield rowOf(row);
    const last = rows.at(-1);
    if (!last || rows.length < page) return;
    after = [last.chain, Number(last.seq), Number(last.at)];
  }
}

/** Rows in the order of time, a page at a time. */
export async function* byTime(knex: Knex, table: string, wanted: Wanted = {}): AsyncIterable<AuditRow> {
  const { since = 0, until = Number.MAX_SAFE_INTEGER, account, grant_id, ...equal } = wanted;
  const named = Object.entries(equal).filter(([, value]) => value !== undefined) as [string, string][];
  const hashed = Object.entries({ account, grant_id }).filter(([, value]) => value !== undefined) as [string, string][];
  const conditions = [
    ...named.map(([name]) => `${name} = ?`),
    ...hashed.map(([name]) => `${name} = decode(?, 'hex')`),
    'at <= ?',
    '(at, chain, seq) > (?, ?, ?)',
  ];
  const values = [...named, ...hashed].map(([, value]) => value);
  let after: readonly [number, string, number] = [since, '', 0];
  for (;;) {
    const rows = await asked(
      knex,
      `select ${columns} from ${table} where ${conditions.join(' and ')} order by at, chain, seq limit ${page}`,
      [...values, until, ...after],
    );
    for (const row of rows) yield rowOf(row);
    const last = rows.at(-1);
    if (!last || rows.length < page) return;
    after = [Number(last.at), last.chain, Number(last.seq)];
  }
}

/** A record as it is read. Its details are opened where they are about no person, or the person's key is at hand. */
export interface Told extends Omit<AuditRow, 'record' | 'hash'> {
  /** `sealed` where the person's key was destroyed. */
  readonly details: Occurrence['details'] | 'sealed' | undefined;
}

/**
 * Reads a row of the trail as a record.
 *
 * @param keys keys of pseudonyms, by name
 */
export function told({ record, hash, ...row }: AuditRow, keys: ReadonlyMap<string, Buffer>): Told {
  if (record === null) return { ...row, details: undefined };
  const key = row.account === null ? undefined : keys.get(row.account);
  const text = row.account === null ? Buffer.from(record, 'hex').toString() : key && openRecord(key, record);
  return { ...row, details: text === undefined ? 'sealed' : detailsOf(row.event, text) };
}

function detailsOf(event: string, text: string): Told['details'] {
  return event === 'audit.checkpoint' ? { jws: text } : JSON.parse(text);
}

/** A value as it stands in a sentence, cut where it is long. `--json` has it whole. */
function brief(value: unknown): string {
  const text = plain(typeof value === 'string' ? value : JSON.stringify(value)).replace(/ {2,}/g, ' ');
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

/** One record as a sentence; the signature of a checkpoint says nothing to a reader. */
export function sentence({ at, event, client, clause, details }: Told): string {
  const what = (events as Readonly<Record<string, string>>)[event] ?? event;
  const more = details && details !== 'sealed' ? Object.entries(details) : [];
  const shown = more
    .filter(([name, value]) => value !== undefined && value !== null && name !== 'jws')
    .map(([name, value]) => `${name} ${brief(value)}`);
  const parts = [client && `client ${plain(client)}`, ...shown, clause && `[${clause}]`].filter(Boolean);
  return `${new Date(at).toISOString()}  ${what}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`;
}
