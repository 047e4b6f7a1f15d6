import type { Links } from './links.ts';
import { emptied, type Found, type Row } from './row.ts';
import type { Store } from './store.ts';

/** A decision that has not been asked for yet, and what to say to the client who lost it. */
interface Undecided {
  readonly row: Row;
  readonly refusal: () => Error | Promise<Error>;
}

/** Consuming what is not there leaves an empty row that expired long ago. */
const isWon = (result: Found | undefined) => result !== undefined && result.expires_at !== 0;

/** What a client that was refused must not have. */
const issued = new Set(['PushedAuthorizationRequest', 'AccessToken', 'RefreshToken', 'ClientCredentials']);

/**
 * One request's dealings with the store: each row is read once, and what it writes leaves together. Whether something
 * is used for the first time is never answered from here: it may wait for the next statement to leave, but that one
 * leaves before anything else does.
 */
export class Unit {
  readonly #store: Store;
  readonly #read = new Map<string, Promise<Found | undefined>>();
  readonly #written = new Map<string, Row>();
  readonly #undecided = new Map<string, Undecided>();
  /** Rows that are likely to be asked for next, and then travel with whatever is asked for. */
  readonly #linked = new Set<string>();
  readonly #named = new Map<string, string>();
  readonly #links: Links | undefined;
  #failed = false;

  /** @param links what rows lead to, for a unit that is going to follow them */
  constructor(store: Store, links?: Links) {
    this.#store = store;
    this.#links = links;
  }

  get isPending(): boolean {
    return this.#written.size + this.#undecided.size > 0;
  }

  get hasFailed(): boolean {
    return this.#failed;
  }

  get undecided(): boolean {
    return this.#undecided.size > 0;
  }

  /** What this request has written under the id, when it has. */
  written(id: string): Row | undefined {
    return this.#written.get(id);
  }

  find(id: string): Promise<Found | undefined> {
    const known = this.#read.get(id);
    if (known) return known;
    const ids = [id, ...this.#alongWith(id)];
    const rows = this.#store.find(ids);
    for (const [index, each] of ids.entries()) {
      const row = rows.then((found) => found[index]);
      row.catch(() => this.#read.delete(each));
      this.#read.set(each, row);
    }
    return this.#read.get(id) as Promise<Found | undefined>;
  }

  async findByAlias(alias: string): Promise<Found | undefined> {
    const row = await this.#store.findByAlias(alias);
    if (row) this.#read.set(row.id, Promise.resolve(row));
    return row;
  }

  /** The row that goes by this alias, as far as this request has seen it. */
  named(alias: string): string | undefined {
    return this.#named.get(alias);
  }

  name(alias: string, id: string): void {
    this.#named.set(alias, id);
  }

  /** The same from hearsay: what this request has seen itself counts more. */
  guess(alias: string, id: string): void {
    if (!this.#named.has(alias)) this.#named.set(alias, id);
  }

  /** Remembers what a row leads to: here, and for whoever reads the row next. */
  link(id: string, linked: readonly string[]): void {
    if (!this.#links || linked.length === 0) return;
    for (const each of linked) this.#linked.add(each);
    this.#links.set(id, linked);
  }

  put(row: Row): void {
    this.#written.set(row.id, row);
    this.#read.delete(row.id);
    if (row.alias) this.name(row.alias, row.id);
  }

  /** Asks for the row to be the first of its id: with the next statement that leaves, or at the latest with the last. */
  decideLater(row: Row, refusal: () => Error | Promise<Error>): boolean {
    if (this.#undecided.has(row.id)) return false;
    this.#undecided.set(row.id, { row, refusal });
    return true;
  }

  /** Whether the row got what it asked for. */
  async decide(row: Row): Promise<boolean> {
    // A statement touches a row once only.
    if (this.#written.has(row.id) || this.#undecided.has(row.id)) await this.flush();
    this.#read.delete(row.id);
    return isWon(await this.#send(row));
  }

  async revoke(grantId: string, models: readonly string[]): Promise<void> {
    for (const row of this.#written.values()) {
      if (row.grant_id === grantId && models.includes(row.model)) this.#written.delete(row.id);
    }
    this.#read.clear();
    await this.#store.revoke(grantId, models);
  }

  async flush(): Promise<void> {
    if (this.isPending) await this.#send();
  }

  async #send(asked?: Row): Promise<Found | undefined> {
    const undecided = [...this.#undecided.values()];
    const written = [...this.#written.values()];
    this.#undecided.clear();
    this.#written.clear();
    const rows = [...undecided.map(({ row }) => row), ...(asked ? [asked] : []), ...written];
    const results = await this.#store.write(rows).catch((error) => {
      this.#failed = true;
      throw error;
    });
    const lost = undecided.find((_, index) => !isWon(results[index]));
    if (lost) {
      await this.#withdraw(written);
      throw await lost.refusal();
    }
    return asked && results[undecided.length];
  }

  /** Nobody was told what these rows are found by: should one of them stay, it expires unknown. */
  async #withdraw(written: readonly Row[]): Promise<void> {
    const rows = written.filter(({ model }) => issued.has(model));
    if (rows.length > 0) await this.#store.write(rows.map(emptied)).catch(() => {});
  }

  #alongWith(id: string): string[] {
    const ids = new Set([...this.#linked, ...(this.#links?.get(id) ?? [])]);
    this.#linked.clear();
    return [...ids].filter((each) => each !== id && !this.#read.has(each) && !this.#written.has(each));
  }
}
