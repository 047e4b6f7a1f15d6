import { loadRing, ringName } from '../keys/keys.ts';
import type { Ring } from '../keys/ring.ts';
import type { KnexAdapterFactory } from './adapter.ts';
import { rowId } from './row.ts';

const MODEL = 'Kept';

/** The row that holds the keys of a database, sealed. The database decides who changes it first. */
export class RingRow {
  readonly #adapter: KnexAdapterFactory;
  readonly #id = rowId(MODEL, ringName);
  readonly #signs: boolean;
  /** The sealed bytes that were read last. */
  #seen: Buffer | null = null;

  /** @param signs false where signing keys are the deployment's own: none are made. */
  constructor(adapter: KnexAdapterFactory, signs = true) {
    this.#adapter = adapter;
    this.#signs = signs;
  }

  /** @throws {OperationalError} when the row is sealed with a key that this process lacks. */
  async read(): Promise<Ring> {
    const { store, kept } = this.#adapter;
    // Before what it holds is read: a change in between is one more change.
    const [found] = await store.find([this.#id]);
    const ring = await loadRing(kept, this.#signs);
    this.#seen = found?.payload ?? (await store.find([this.#id]))[0]?.payload ?? null;
    return ring;
  }

  /** Answers true when the row is another one than was read last. A comparison in the database, by primary key. */
  async isChanged(): Promise<boolean> {
    const { store } = this.#adapter;
    const { rows } = await store.knex.raw(`select 1 from ${store.table} where id = ? and payload <> ?`, [
      Buffer.from(this.#id, 'hex'),
      this.#seen,
    ] as Buffer[]);
    return rows.length > 0;
  }

  /**
   * Changes the keys, unless somebody else has changed them since they were read.
   *
   * @param make what they become; the same ring changes nothing.
   * @returns the ring that was read and what became of it, or `undefined` where somebody else was first
   */
  async change(make: (ring: Ring) => Ring | Promise<Ring>): Promise<{ before: Ring; after: Ring } | undefined> {
    const { store } = this.#adapter;
    const before = await this.read();
    const seen = this.#seen;
    const after = await make(before);
    if (after === before) return { before, after };
    const id = Buffer.from(this.#id, 'hex');
    const sealed = store.seal.seal(JSON.stringify(after), id);
    const { rows } = await store.knex.raw(
      `update ${store.table} set payload = ? where id = ? and payload = ? returning 1`,
      [sealed, id, seen] as Buffer[],
    );
    return rows.length > 0 ? { before, after } : undefined;
  }
}
