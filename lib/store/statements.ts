import { hash } from 'node:crypto';

import type { Knex } from 'knex';

import type { Found, Row } from './row.ts';
import type { Seal } from './seal.ts';

const columns = ['id', 'model', 'payload', 'grant_id', 'alias', 'expires_at', 'consumed_at'] as const;

export interface Statement {
  readonly text: string;
  readonly values: unknown[];
}

/**
 * Every write there is, any number of rows at once, and every decision about who is first. What a row asks for shows
 * in `consumed_at`:
 *
 * - none: put the row there, or over the one that is there. A row once consumed stays consumed.
 * - 0: put the row there unless it is there already and has not expired.
 * - a time: mark the row that is there as consumed, unless it is already.
 *
 * A row that got what it asked for is returned. Consuming a row that is not there leaves an empty one that expired
 * long ago, which is how the caller can tell.
 */
export function write(table: string, now: number, rows: readonly Row[], seal: Seal): Statement {
  const values: unknown[] = [now];
  for (const { id, model, text, grant_id, alias, expires_at, consumed_at } of rows) {
    const payload = text === null ? null : seal.seal(text, id);
    values.push(id, model, payload, grant_id, alias, expires_at, consumed_at);
  }
  return { text: writeText(table, rows.length), values };
}

const texts = new Map<string, string>();

function writeText(table: string, count: number): string {
  const cached = texts.get(`${table} ${count}`);
  if (cached) return cached;
  const tuples = Array.from(
    { length: count },
    (_, row) => `(${columns.map((_, column) => `$${2 + row * columns.length + column}`)})`,
  );
  const kept = (column: string) =>
    `${column} = case when excluded.consumed_at > 0 then r.${column} else excluded.${column} end`;
  const text = `insert into ${table} as r (${columns}) values ${tuples}
on conflict (id) do update set
 payload = case when excluded.consumed_at > 0 then coalesce(excluded.payload, r.payload) else excluded.payload end,
 ${kept('grant_id')}, ${kept('alias')}, ${kept('expires_at')},
 consumed_at = coalesce(excluded.consumed_at, r.consumed_at)
where case
 when excluded.consumed_at is null then true
 when excluded.consumed_at = 0 then r.expires_at < $1
 else r.consumed_at is null and r.payload is not null end
returning id, expires_at`;
  texts.set(`${table} ${count}`, text);
  return text;
}

const found = 'id, payload, expires_at, consumed_at';

export function find(table: string, ids: readonly Buffer[]): Statement {
  return { text: `select ${found} from ${table} where id = any($1)`, values: [ids] };
}

/** A session takes a new id and keeps its uid, so for a moment two rows may have one alias: the later one counts. */
export function findByAlias(table: string, alias: Buffer): Statement {
  return {
    text: `select ${found} from ${table} where alias = $1 order by expires_at desc nulls first limit 1`,
    values: [alias],
  };
}

export function revoke(table: string, grantId: Buffer, models: readonly string[]): Statement {
  return { text: `delete from ${table} where grant_id = $1 and model = any($2)`, values: [grantId, models] };
}

/** What `pg` and PGlite have in common, and what knex says of a connection that is not to be used again. */
interface Connection {
  query(statement: object): Promise<{ rows: unknown[] }>;
  query(text: string, values: unknown[]): Promise<{ rows: unknown[] }>;
  waitReady?: Promise<void>;
  __knex__disposed?: unknown;
}

/** Runs a statement on one of knex's connections, without its query builder. */
export async function execute(knex: Knex, { text, values }: Statement): Promise<unknown[]> {
  const connection: Connection = await knex.client.acquireConnection();
  try {
    const { rows } = connection.waitReady
      ? await connection.query(text, values)
      : await connection.query({ name: nameOf(text), text, values });
    return rows;
  } catch (error) {
    // Without an SQLSTATE the connection itself failed, or the answer never came.
    if (!/^[0-9A-Z]{5}$/.test(String((error as { code?: unknown }).code))) connection.__knex__disposed = error;
    throw error;
  } finally {
    knex.client.releaseConnection(connection);
  }
}

const names = new Map<string, string>();

/** From the text alone: behind a pooler, connections of several versions of this program share prepared statements. */
function nameOf(text: string): string {
  const cached = names.get(text);
  if (cached) return cached;
  const name = `oidc_${hash('sha256', text, 'hex').slice(0, 16)}`;
  names.set(text, name);
  return name;
}

/** PGlite answers Uint8Array where pg answers Buffer, and pg answers a bigint as text. */
export function toFound(row: unknown): Found {
  const { id, payload, expires_at, consumed_at } = row as Record<keyof Found, unknown>;
  const bytes = (value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : null;
  const number = (value: unknown) => (value === null || value === undefined ? null : Number(value));
  return {
    id: bytes(id) as Buffer,
    payload: bytes(payload),
    expires_at: number(expires_at),
    consumed_at: number(consumed_at),
  };
}
