import type { Knex } from 'knex';
import { schemaOf, tableOf } from '../database/schema.ts';
import { type FoundBy, foundBy, isHeld } from './found_by.ts';
import { type EncryptionKey, Seal } from './seal.ts';

export interface ResealOptions {
  readonly encryption_keys: readonly EncryptionKey[];
  readonly schema?: string | undefined;
  /** Rows that are read at a time. */
  readonly batch?: number | undefined;
  /**
   * True seals rows that lie in the clear as well. Anybody who could write the table may have written them: set it only
   * where they are known to be yours.
   */
  readonly clear?: boolean | undefined;
  /** Ends after the rows under way. */
  readonly signal?: AbortSignal | undefined;
}

export interface Resealed {
  /** Rows that are sealed by the first key now and were not before. */
  resealed: number;
  /** Rows that were sealed by the first key before. */
  current: number;
  /** Rows that no key opens. They could not be used before either, and stay as they are. */
  refused: number;
}

interface Sealed extends FoundBy {
  readonly id: Buffer;
  readonly model: string;
  readonly payload: Buffer;
}

const names = ['alias', 'account', 'client'] as const;
type Change = { readonly old: Sealed; readonly payload: Buffer } & FoundBy;

const bytes = (hexadecimal: string) => Buffer.from(hexadecimal, 'hex');

/** Replaces rows that nobody has written meanwhile, as servers go on serving. Answers their number. */
async function replace(knex: Knex, table: string, changes: readonly Change[]): Promise<number> {
  if (changes.length === 0) return 0;
  const values = changes.map(() => '(?::bytea, ?::bytea, ?::bytea, ?::bytea, ?::bytea, ?::bytea)');
  const { rows } = await knex.raw(
    `update ${table} as r set payload = v.payload, alias = v.alias, account = v.account, client = v.client
      from (values ${values}) as v (id, old, payload, alias, account, client)
      where r.id = v.id and r.payload = v.old returning 1`,
    changes.flatMap((change) => [
      change.old.id,
      change.old.payload,
      change.payload,
      ...names.map((name) => change[name] && bytes(change[name])),
    ]),
  );
  return rows.length;
}

async function next(knex: Knex, table: string, after: Buffer, batch: number): Promise<Sealed[]> {
  const columns = ['id', 'payload', ...names].map((name) => `encode(${name}, 'hex') as ${name}`);
  const { rows } = await knex.raw(
    `select model, ${columns} from ${table} where id > ? and payload is not null order by id limit ?`,
    [after, batch],
  );
  type Encoded = Omit<Sealed, 'id' | 'payload'> & { readonly id: string; readonly payload: string };
  return rows.map((row: Encoded) => ({ ...row, id: bytes(row.id), payload: bytes(row.payload) }));
}

/** The row under the first key, if it is not yet; nothing when no key opens it. */
function change(seal: Seal, old: Sealed, clear: boolean): Change | 'current' | 'refused' {
  const isCurrent = seal.current(old.payload);
  if (isCurrent && old.alias === null && !isHeld(old.model)) return 'current';
  const text = seal.open(old.payload, old.id) ?? (clear ? Seal.clear(old.payload) : undefined);
  if (text === undefined) return 'refused';
  const found = foundBy(old.model, JSON.parse(text));
  const named = Object.fromEntries(names.map((name) => [name, found[name] && seal.names.of(found[name])])) as FoundBy;
  if (isCurrent && names.every((name) => named[name] === old[name])) return 'current';
  return { old, payload: isCurrent ? old.payload : seal.seal(text, old.id), ...named };
}

/**
 * Moves every row, and the names it is found by, to the first key, a few at a time, while servers serve; afterwards the
 * other keys may go. It also names rows from before they were found by whose they are.
 */
export async function reseal(knex: Knex, options: ResealOptions): Promise<Resealed> {
  const { batch = 200, signal, clear = false } = options;
  const table = tableOf(schemaOf(knex, options.schema));
  const seal = new Seal(options.encryption_keys);
  const result: Resealed = { resealed: 0, current: 0, refused: 0 };
  let after = Buffer.alloc(0);
  while (!signal?.aborted) {
    const rows = await next(knex, table, after, batch);
    const changes: Change[] = [];
    for (const row of rows) {
      const changed = change(seal, row, clear);
      if (typeof changed !== 'string') changes.push(changed);
      else result[changed] += 1;
    }
    result.resealed += await replace(knex, table, changes);
    const last = rows.at(-1);
    if (!last) break;
    after = Buffer.from(last.id);
  }
  return result;
}
