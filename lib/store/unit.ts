import { blind, type Foresight } from './foresight.ts';
import { modelOf } from './models.ts';
import { DESTROYED, destroyed, emptied, type Found, RENEWED, type Row } from './row.ts';
import type { Store } from './store.ts';
import type { Entry } from './trail.ts';

/** A decision that has not been asked for yet, and the refusal for the client who loses it. */
interface Undecided {
  readonly row: Row;
  readonly refusal: () => Error | Promise<Error>;
}

/** A row that is destroyed under one of its ids, and the row it goes on in. */
interface Ending {
  readonly row: Row;
  readonly alias: string;
  readonly renewal: Row | undefined;
}

/** Makes a record when it leaves: the flow it belongs to may not be known before. */
export type Recorded = (flow: string | undefined) => Entry | Promise<Entry>;

/** A record about nobody has no name to wait for. */
const isMade = (entry: Entry | Promise<Entry>): entry is Entry => !(entry instanceof Promise);

/**
 * True for a row that got what it asked for. Spending a row that is not there leaves an empty one that expired long
 * ago.
 */
const isWon = (result: Found | undefined) => result !== undefined && result.expires_at !== 0;

/**
 * One request's dealings with the store: each row is read once, and what it writes leaves together. A decision about
 * who is first is never answered from here: it may wait for the next statement to leave, and that one leaves before
 * anything else does.
 */
export class Unit {
  readonly foresight: Foresight;
  readonly #store: Store;
  readonly #read = new Map<string, Promise<Found | undefined>>();
  readonly #written = new Map<string, Row>();
  readonly #undecided = new Map<string, Undecided>();
  /** Aliases of written rows that end what goes by them. */
  readonly #ended = new Map<string, string>();
  /** Records that travel with the next statement. */
  #entries: Recorded[] = [];
  /** Joins the records of a flow, from the push to the refresh. */
  flow: string | undefined;
  #failed = false;
  /** Rows this request has written that did not stand: somebody had destroyed them meanwhile. */
  readonly #overtaken = new Set<string>();

  constructor(store: Store, foresight: Foresight = blind) {
    this.#store = store;
    this.foresight = foresight;
  }

  /** True while something that was written or asked for has not left yet. */
  get isPending(): boolean {
    return this.#written.size + this.#undecided.size > 0;
  }

  /** True where something could not be written. */
  get hasFailed(): boolean {
    return this.#failed;
  }

  /** True of a row this request has written after somebody else had destroyed it, or gone on with it under another id. */
  isOvertaken(id: string): boolean {
    return this.#overtaken.has(id);
  }

  /** True where a decision has been put off. */
  get isUndecided(): boolean {
    return this.#undecided.size > 0;
  }

  /** The row that this request has written under the id and that has not left yet. */
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

  put(row: Row): void {
    this.#written.set(row.id, row);
    this.#read.delete(row.id);
  }

  /**
   * Destroys a row that may go on under another id. Where this request writes it under one, it is renewed, and stands
   * if nobody has destroyed it meanwhile; otherwise, it is destroyed under whichever id it has by now.
   */
  end(row: Pick<Row, 'id' | 'model'>, alias: string | undefined): void {
    this.put(destroyed(row));
    if (alias) this.#ended.set(row.id, alias);
  }

  /** Asks for the row to be the first of its id: with the next statement that leaves, or at the latest with the last. */
  decideLater(row: Row, refusal: () => Error | Promise<Error>): boolean {
    if (this.#undecided.has(row.id)) return false;
    this.#undecided.set(row.id, { row, refusal });
    return true;
  }

  /** Asks at once; answers true when the row got what it asked for. */
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

  /** Adds a record to the trail, with the next statement of this unit; one without a statement, with that of another. */
  record(recorded: Recorded): void {
    if (this.#store.trail) this.#entries.push(recorded);
  }

  /** Sends what is pending. */
  async flush(): Promise<void> {
    if (this.isPending) await this.#send();
    else for (const entry of await this.#recorded()) this.#store.trail?.put(entry);
  }

  async #recorded(): Promise<readonly Entry[]> {
    if (this.#entries.length === 0) return [];
    const entries = this.#entries;
    this.#entries = [];
    const made = entries.map((recorded) => recorded(this.flow));
    return made.every(isMade) ? made : Promise.all(made);
  }

  async #send(asked?: Row): Promise<Found | undefined> {
    const entries = this.#entries.length > 0 ? await this.#recorded() : [];
    const undecided = [...this.#undecided.values()];
    const [written, ended] = this.#endings();
    this.#undecided.clear();
    this.#written.clear();
    const rows = [...written, ...undecided.map(({ row }) => row), ...(asked ? [asked] : [])];
    const [first, ...others] = rows;
    const travelling = first && entries.length > 0 ? [{ ...first, entries }, ...others] : rows;
    const results = await this.#store.write(travelling).catch((error) => {
      this.#failed = true;
      throw error;
    });
    for (const [index, { id, consumed_at }] of written.entries()) {
      if (consumed_at === null && !results[index]) this.#overtaken.add(id);
    }
    const lost = undecided.find((_, index) => !isWon(results[written.length + index]));
    if (lost) {
      await this.#withdraw(written);
      const refusal = await lost.refusal();
      this.#store.trail?.withdrawn(entries, refusal);
      throw refusal;
    }
    for (const { row, alias, renewal } of ended) {
      if (!renewal) await this.#store.endAlias(row.model, alias);
      else if (!results[written.indexOf(row)]) await this.#store.write([destroyed(renewal)]);
    }
    const answer = asked && results.at(-1);
    // What was recorded with it did not happen.
    if (asked && !isWon(answer)) this.#store.trail?.withdrawn(entries, new Error('spent before'));
    return answer;
  }

  /** The rows that were written, and the endings among them, each with the row it goes on in. */
  #endings(): [Row[], Ending[]] {
    const rows = [...this.#written.values()];
    const ended: Ending[] = [];
    for (const [index, row] of rows.entries()) {
      const alias = this.#ended.get(row.id);
      if (!alias || row.consumed_at !== DESTROYED) continue;
      const renewal = rows.find((other) => other.alias === alias);
      const own = renewal ? destroyed(row, RENEWED) : row;
      rows[index] = own;
      ended.push({ row: own, alias, renewal });
    }
    this.#ended.clear();
    return [rows, ended];
  }

  /** Takes back rows that were written. Nobody was told their ids: should one of them stay, it expires unknown. */
  async #withdraw(written: readonly Row[]): Promise<void> {
    const rows = written.filter(({ model }) => modelOf(model).issued);
    if (rows.length > 0) await this.#store.write(rows.map(emptied)).catch(() => {});
  }

  #alongWith(id: string): string[] {
    const ids = this.foresight.guess({ id });
    return ids.filter((each) => each !== id && !this.#read.has(each) && !this.#written.has(each));
  }
}
