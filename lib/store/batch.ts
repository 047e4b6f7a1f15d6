import { StoreUnavailable } from './unavailable.ts';

interface Waiting<Item, Result> {
  readonly items: readonly Item[];
  readonly resolve: (results: (Result | undefined)[]) => void;
  readonly reject: (error: unknown) => void;
}

export interface BatchOptions<Item, Result> {
  /** Does one round trip, and answers what came of the items, by key. */
  readonly run: (items: Item[]) => Promise<Map<string, Result>>;
  readonly keyOf: (item: Item) => string;
  /** True for an error that is due to one item, so that others do not suffer from it. */
  readonly isOwnFault: (error: unknown) => boolean;
  /** Statements under way at a time. */
  readonly lanes: number;
  /** Items in a statement at most; a request's own items always travel together. */
  readonly size: number;
  /** Items that may wait. */
  readonly bound: number;
}

/**
 * Shares round trips: what arrives while statements are under way leaves together with the next one. There is no
 * timer: a lone request waits for nobody.
 */
export class Batch<Item, Result> {
  readonly #options: BatchOptions<Item, Result>;
  #waiting: Waiting<Item, Result>[] = [];
  #length = 0;
  #running = 0;
  #scheduled = false;

  constructor(options: BatchOptions<Item, Result>) {
    this.#options = options;
  }

  /** Items that wait. */
  get length(): number {
    return this.#length;
  }

  /**
   * Has items leave with the next statement.
   *
   * @throws {StoreUnavailable} when too many wait already.
   */
  submit(items: readonly Item[]): Promise<(Result | undefined)[]> {
    if (this.#length + items.length > this.#options.bound) {
      return Promise.reject(new StoreUnavailable('too many requests are waiting for the database'));
    }
    this.#length += items.length;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ items, resolve, reject });
      this.#schedule();
    });
  }

  /**
   * Sends what waits at the end of this turn of the event loop: requests that become ready in one turn leave together.
   */
  #schedule(): void {
    if (this.#scheduled || this.#running >= this.#options.lanes) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      while (this.#running < this.#options.lanes && this.#waiting.length > 0) this.#depart();
    });
  }

  #depart(): void {
    const entries = this.#next();
    this.#running += 1;
    this.#travel(entries).finally(() => {
      this.#running -= 1;
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  /**
   * The items of the next statement, in order of arrival; never two of one key, as a statement may touch a row once
   * only.
   */
  #next(): Waiting<Item, Result>[] {
    const { size, keyOf } = this.#options;
    const taken: Waiting<Item, Result>[] = [];
    const left: Waiting<Item, Result>[] = [];
    const keys = new Set<string>();
    let count = 0;
    for (const entry of this.#waiting) {
      const own = entry.items.map(keyOf);
      const fits = count === 0 || count + own.length <= size;
      if (fits && !own.some((key) => keys.has(key))) {
        taken.push(entry);
        count += own.length;
      } else {
        left.push(entry);
      }
      for (const key of own) keys.add(key);
    }
    this.#waiting = left;
    this.#length -= count;
    return taken;
  }

  async #travel(entries: Waiting<Item, Result>[]): Promise<void> {
    const { run, keyOf, isOwnFault } = this.#options;
    try {
      const results = await run(entries.flatMap(({ items }) => items));
      for (const { items, resolve } of entries) resolve(items.map((item) => results.get(keyOf(item))));
    } catch (error) {
      const ownFault = isOwnFault(error);
      if (ownFault && entries.length > 1) {
        for (const entry of entries) await this.#travel([entry]);
        return;
      }
      // Who waits behind a database that is away would find it no different, only later.
      const waiting = ownFault ? [] : this.#waiting.splice(0);
      if (waiting.length > 0) this.#length = 0;
      for (const { reject } of [...entries, ...waiting]) reject(error);
    }
  }
}
