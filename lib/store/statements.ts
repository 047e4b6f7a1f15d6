import type { Statement } from '../database/connection.ts';
import type { Value } from '../database/exchange.ts';
import { DESTROYED, RENEWED, type Row } from './row.ts';
import type { Seal } from './seal.ts';
import type { AuditRow } from './trail.ts';

const columns = ['id', 'model', 'payload', 'grant_id', 'alias', 'expires_at', 'consumed_at', 'account', 'client'];

/**
 * Every write there is, any number of rows at once, and every decision about who is first. What a row asks for shows
 * in `consumed_at`:
 *
 * - none: put the row there, or over the one that is there, unless that was destroyed. A row once spent stays spent.
 * - 0: put the row there unless it is there already and has not expired.
 * - a time: mark the row that is there as spent, unless it is already.
 * - `DESTROYED`: empty the row for good.
 * - `RENEWED`: empty it for good, unless it was destroyed: what it said goes on in another row.
 *
 * A row that got what it asked for is returned. Consuming a row that is not there leaves an empty one that expired
 * long ago, which is how the caller can tell. The same is answered for a row that has expired by the database's clock
 * before it is put there: the one it would have met may have been purged.
 */
export function write(
  table: string,
  now: number,
  rows: readonly Row[],
  seal: Seal,
  trail?: readonly AuditRow[],
): Statement {
  const values: Value[] = [now];
  const named = (name: string | null | undefined) => (name ? bytes(seal.names.of(name)) : null);
  for (const { id, model, text, grant_id, alias, expires_at, consumed_at, account, client } of rows) {
    const own = bytes(id);
    const payload = text === null ? null : seal.seal(text, own);
    values.push(own, model, payload, grant_id && bytes(grant_id), named(alias), expires_at, consumed_at);
    values.push(named(account), named(client));
  }
  const withTrail = trail !== undefined && trail.length > 0;
  if (withTrail) values.push(jsonOf(trail));
  return { text: writeText(table, rows.length, withTrail), values };
}

const storable = (_: string, value: unknown) =>
  typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : value;

/** Text that JSON of the database can hold: without NUL and halves of pairs, which are rare, and looked for in the text. */
function jsonOf(rows: readonly AuditRow[]): string {
  const text = JSON.stringify(rows);
  return /\\u(?:0000|d[89a-f])/.test(text) ? JSON.stringify(rows, storable) : text;
}

/** The trail has its table beside that of the rows. */
export const auditTableOf = (table: string): string => table.replace('oidc_payloads', 'oidc_audit');

const plain = ['at', 'node', 'chain', 'seq', 'event', 'clause', 'flow', 'client', 'interaction_id', 'address'];
const encoded = ['account', 'grant_id', 'record', 'hash'];

/**
 * The text that appends records of the trail, any number of them as one parameter, so that no more texts are prepared.
 */
function trailText(table: string, parameter: number): string {
  const numbers = new Set(['at', 'seq']);
  const names = [...plain, ...encoded];
  return `insert into ${auditTableOf(table)} (${names})
select ${[...plain, ...encoded.map((name) => `decode(${name}, 'hex')`)]}
from jsonb_to_recordset($${parameter}::text::jsonb) as t(${names.map((name) => `${name} ${numbers.has(name) ? 'bigint' : 'text'}`)})`;
}

/** Appends records of the trail without rows. */
export function appendTrail(table: string, trail: readonly AuditRow[]): Statement {
  return { text: trailText(table, 1), values: [jsonOf(trail)] };
}

const texts = new Map<string, string>();

function writeText(table: string, count: number, withTrail: boolean): string {
  const key = `${table} ${count} ${withTrail}`;
  const cached = texts.get(key);
  if (cached) return cached;
  const tuples = Array.from(
    { length: count },
    (_, row) => `(${columns.map((_, column) => `$${2 + row * columns.length + column}`)})`,
  );
  const kept = (column: string) =>
    `${column} = case when excluded.consumed_at > 0 then r.${column} else excluded.${column} end`;
  const trail = withTrail ? `with trail as (${trailText(table, 2 + count * columns.length)})\n` : '';
  const text = `${trail}insert into ${table} as r (${columns}) values ${tuples}
on conflict (id) do update set
 payload = case when excluded.consumed_at > 0 then coalesce(excluded.payload, r.payload) else excluded.payload end,
 ${kept('grant_id')}, ${kept('alias')}, ${kept('expires_at')}, ${kept('account')}, ${kept('client')},
 consumed_at = coalesce(excluded.consumed_at, case when r.consumed_at >= 0 then r.consumed_at end)
where case
 when excluded.consumed_at is null then coalesce(r.consumed_at >= 0, true) or r.expires_at < $1
 when excluded.consumed_at = ${DESTROYED} then true
 when excluded.consumed_at = ${RENEWED} then r.consumed_at is distinct from ${DESTROYED}
 when excluded.consumed_at = 0 then r.expires_at < $1
 else r.consumed_at is null and r.payload is not null end
returning encode(id, 'hex'), null,
 case when consumed_at = 0 and expires_at < extract(epoch from now()) then 0 else expires_at end, consumed_at`;
  texts.set(key, text);
  return text;
}

const bytes = (hexadecimal: string) => Buffer.from(hexadecimal, 'hex');

const found = `select encode(id, 'hex'), encode(payload, 'hex'), expires_at, consumed_at`;

/**
 * Reads rows by their ids. Their number is filled up to a power of two by repeating the last id, so that few texts are
 * ever prepared.
 */
export function find(table: string, ids: readonly string[]): Statement {
  const size = 2 ** Math.ceil(Math.log2(ids.length));
  const values = Array.from({ length: size }, (_, index) => bytes(ids[index] ?? (ids.at(-1) as string)));
  return { text: findText(table, size), values };
}

function findText(table: string, size: number): string {
  const cached = texts.get(`${table} find ${size}`);
  if (cached) return cached;
  const text = `${found} from ${table} where id in (${Array.from({ length: size }, (_, index) => `$${index + 1}`)})`;
  texts.set(`${table} find ${size}`, text);
  return text;
}

/**
 * Reads the row of an alias. A session takes a new id and keeps its uid, so for a moment two rows may have one alias:
 * the later one counts.
 */
export function findByAlias(table: string, alias: string, { names }: Seal): Statement {
  const values = names.every(alias).map(bytes);
  const list = values.map((_, index) => `$${index + 1}`);
  return {
    text: `${found} from ${table} where alias in (${list}) order by ${table}.expires_at desc nulls first limit 1`,
    values,
  };
}

export function findByGrant(table: string, grantId: string, models: readonly string[], limit: number): Statement {
  const list = models.map((_, index) => `$${index + 2}`);
  return {
    text: `${found} from ${table} where grant_id = $1 and model in (${list}) limit ${limit}`,
    values: [bytes(grantId), ...models],
  };
}
