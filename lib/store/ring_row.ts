import { loadRing, ringName } from '../keys/keys.ts';
import type { Ring } from '../keys/ring.ts';
import type { KnexAdapterFactory } from './adapter.ts';
import { KEPT } from './kept.ts';
import { rowId } from './row.ts';
import type { Store } from './store.ts';

/** The row that holds the keys of a database, sealed. The database decides who changes it first. */
export class RingRow {
  readonly #adapter: KnexAdapterFactory;
  readonly #id = rowId(KEPT, ringName);
  readonly #signs: boolean;
  /** The sealed bytes that were read last. */
  #seen: Buffer | null = null;

  /** @param signs false where signing keys are the deployment's own, so that none are made. */
  constructor(adapter: KnexAdapterFactory, signs = true) {
    this.#adapter = adapter;
    this.#signs = signs;
  }

  /**
   * Reads the keys, or makes them at the first start.
   *
   * @throws {OperationalError} when the row is sealed with a key that this process lacks.
   */
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
    ]);
    return rows.length > 0;
  }

  /**
   * Puts the keys in the place of those that were read last.
   *
   * @param store in whose transaction it is done
   * @returns false where somebody else has changed them since, and nothing was done
   */
  async replace(after: Ring, store: Store): Promise<boolean> {
    const id = Buffer.from(this.#id, 'hex');
    const { rows } = await store.knex.raw(
      `update ${store.table} set payload = ? where id = ? and payload = ? returning 1`,
      [store.seal.seal(JSON.stringify(after), id), id, this.#seen],
    );
    return rows.length > 0;
  }
}
