import type { Knex } from 'knex';
import { schemaOf, tableOf } from '../database/schema.ts';
import { type EncryptionKey, Seal } from './seal.ts';

export interface ResealOptions {
  readonly encryption_keys: readonly EncryptionKey[];
  readonly schema?: string | undefined;
  /** Rows looked at in one go. */
  readonly batch?: number | undefined;
  /** Seals rows that lie in the clear, too. They may be anybody's work: say so only when they are known to be yours. */
  readonly clear?: boolean | undefined;
  /** Ends after the rows under way. */
  readonly signal?: AbortSignal | undefined;
}

export interface Resealed {
  /** Rows that are sealed by the first key now and were not before. */
  resealed: number;
  /** Rows that were already. */
  current: number;
  /** Rows no key opens. They were of no use before either, and stay as they are. */
  refused: number;
}

interface Sealed {
  readonly id: Buffer;
  readonly payload: Buffer;
}

/** Only where nobody has written meanwhile: the server goes on serving. */
async function replace(knex: Knex, table: string, changes: { old: Sealed; payload: Buffer }[]): Promise<number> {
  if (changes.length === 0) return 0;
  const values = changes.map(() => '(?::bytea, ?::bytea, ?::bytea)');
  const { rows } = await knex.raw(
    `update ${table} as r set payload = v.payload from (values ${values}) as v (id, old, payload)
      where r.id = v.id and r.payload = v.old returning 1`,
    changes.flatMap(({ old, payload }) => [old.id, old.payload, payload]),
  );
  return rows.length;
}

async function next(knex: Knex, table: string, after: Buffer, batch: number): Promise<Sealed[]> {
  const { rows } = await knex.raw(
    `select encode(id, 'hex') as id, encode(payload, 'hex') as payload from ${table}
      where id > ? and payload is not null order by id limit ?`,
    [after, batch],
  );
  const bytes = (hexadecimal: string) => Buffer.from(hexadecimal, 'hex');
  return rows.map((row: { id: string; payload: string }) => ({ id: bytes(row.id), payload: bytes(row.payload) }));
}

/** Moves every row to the first key, a few at a time, while servers serve; afterwards the other keys may go. */
export async function reseal(knex: Knex, options: ResealOptions): Promise<Resealed> {
  const { batch = 200, signal, clear = false } = options;
  const table = tableOf(schemaOf(knex, options.schema));
  const seal = new Seal(options.encryption_keys);
  const result: Resealed = { resealed: 0, current: 0, refused: 0 };
  let after = Buffer.alloc(0);
  while (!signal?.aborted) {
    const rows = await next(knex, table, after, batch);
    const stale = rows.filter(({ payload }) => !seal.current(payload));
    const changes = [];
    for (const old of stale) {
      const text = seal.open(old.payload, old.id) ?? (clear ? Seal.clear(old.payload) : undefined);
      if (text !== undefined) changes.push({ old, payload: seal.seal(text, old.id) });
    }
    result.current += rows.length - stale.length;
    result.refused += stale.length - changes.length;
    result.resealed += await replace(knex, table, changes);
    const last = rows.at(-1);
    if (!last) break;
    after = Buffer.from(last.id);
  }
  return result;
}
