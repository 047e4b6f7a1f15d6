import type { Knex } from 'knex';
import { execute, type Statement } from '../database/connection.ts';
import { requirePostgres } from '../database/dialect.ts';
import { schemaOf, tableOf } from '../database/schema.ts';
import { log } from '../log.ts';
import { seconds } from '../seconds.ts';
import { Batch } from './batch.ts';
import { type Foresight, foresight } from './foresight.ts';
import { type Retention, secondsKept } from './models.ts';
import { destroyed, type Found, foundOf, type Row } from './row.ts';
import { type EncryptionKey, Seal } from './seal.ts';
import { find, findByAlias, findByGrant, write } from './statements.ts';
import type { TrailWriter } from './trail.ts';
import { StoreUnavailable } from './unavailable.ts';

export interface StoreOptions {
  /** The first one seals, all of them open. Without any, rows lie in the clear: whoever reads the database reads them. */
  readonly encryption_keys?: readonly EncryptionKey[] | undefined;
  /** Keeps secrets, the private signing keys among them, in the clear where there are no `encryption_keys`. */
  readonly secrets_in_the_clear?: boolean | undefined;
  /** Seconds a row is kept after it has expired, by model. */
  readonly retention?: Retention | undefined;
  /** Database schema of the tables; the search path decides when it is absent. */
  readonly schema?: string | undefined;
  /** Write and read statements under way at a time, each. */
  readonly lanes?: number | undefined;
  /** Rows that may wait for the database; beyond, requests are refused with 503. */
  readonly queue?: number | undefined;
  /** Seconds after which the database is taken to be away: to get a connection and an answer. */
  readonly timeout?: number | undefined;
  /** Made for each request: guesses which rows are wanted next. `() => blind` does without, at more round trips. */
  readonly foresight?: (() => Foresight) | undefined;
}

/** Rows of a statement at most. Each size is prepared once on each connection: 64 sizes take Postgres 6 MB. */
const BATCH = 64;

const codeOf = (error: unknown) => String((error as { code?: unknown } | undefined)?.code);

/** True for an error that one row has caused: a value out of range, a constraint, a limit. */
const isOwnFault = (error: unknown) => /^(21|22|23|54)/.test(codeOf(error));
const ownFaultCaused = (error: unknown) => error instanceof StoreUnavailable && isOwnFault(error.cause);
/**
 * True for an error after which nothing of the statement was done: two met and the database chose the other, or the
 * server of this connection takes no writes any more.
 */
export const isWorthTrying = (error: unknown) => /^(40|57P|25006|0A000)/.test(codeOf(error));
/**
 * True for an error about prepared statements: a pooler hands each transaction another connection, on which they are
 * unknown, or known already.
 */
const isUnprepared = (error: unknown) => /^(26000|42P05)$/.test(codeOf(error));

/** Rows in and out of one database: sealed, in shared round trips, retention added. */
export class Store {
  readonly knex: Knex;
  readonly table: string;
  readonly seal: Seal;
  /** Makes the foresight of one request. */
  readonly foresee: () => Foresight;
  /** Seconds a row is kept after it has expired, by model. */
  retention: Retention | undefined;
  /** Gives records of the audit trail their places; without it, none are written. */
  trail: TrailWriter | undefined;
  /** Statements sent so far. */
  roundTrips = 0;
  /** Rows found that are not what this store wrote in their place. */
  refused = 0;
  readonly #reads: Batch<string, Found>;
  readonly #writes: Batch<Row, Found>;
  #away = false;
  /** True in a transaction, which an error of a statement ends: nothing is prepared, and nothing tried again. */
  readonly #isTransaction: boolean;
  #prepared: boolean;
  readonly #timeout: number;

  constructor(knex: Knex, options: StoreOptions = {}) {
    requirePostgres(knex);
    this.knex = knex;
    this.#isTransaction = knex.isTransaction === true;
    this.#prepared = !this.#isTransaction;
    this.table = tableOf(schemaOf(knex, options.schema));
    this.seal = new Seal(options.encryption_keys);
    this.foresee = options.foresight ?? foresight();
    this.retention = options.retention;
    this.#timeout = (options.timeout ?? 5) * 1000;
    const shared = { isOwnFault: ownFaultCaused, lanes: options.lanes ?? 2, bound: options.queue ?? 4096, size: BATCH };
    this.#reads = new Batch({ ...shared, keyOf: (id: string) => id, run: (ids) => this.#find(ids) });
    this.#writes = new Batch({ ...shared, keyOf: ({ id }: Row) => id, run: (rows) => this.#write(rows) });
  }

  /** Rows that wait for the next statement. */
  get waiting(): { readonly reads: number; readonly writes: number } {
    return { reads: this.#reads.length, writes: this.#writes.length };
  }

  /** Reads the rows of these ids, in their order. */
  find(ids: readonly string[]): Promise<(Found | undefined)[]> {
    return this.#reads.submit(ids);
  }

  /** Writes rows in one statement, and tells of each, in their order, if it got what it asked for. */
  write(rows: readonly Row[]): Promise<(Found | undefined)[]> {
    return this.#writes.submit(rows);
  }

  async findByAlias(alias: string): Promise<Found | undefined> {
    const [row] = await this.run(findByAlias(this.table, alias, this.seal));
    return row;
  }

  /**
   * Empties the rows of a grant. They are looked for, then emptied by their own ids: a delete by anything else would
   * ask every shard of a distributed database, and hold up all others of its kind until each of them has agreed.
   */
  async revoke(grantId: string, models: readonly string[]): Promise<void> {
    for (let isMore = true; isMore; ) {
      const rows = await this.run(findByGrant(this.table, grantId, models, BATCH));
      // A row keeps the model it has.
      if (rows.length > 0) await this.write(rows.map(({ id }) => destroyed({ id, model: 'Revoked' })));
      isMore = rows.length === BATCH;
    }
  }

  /** Destroys every row of an alias, one after another. */
  async endAlias(model: string, alias: string): Promise<void> {
    for (let left = BATCH; left > 0; left -= 1) {
      const row = await this.findByAlias(alias);
      if (!row) return;
      await this.write([destroyed({ id: row.id, model })]);
    }
  }

  /** Opens a row's payload; `undefined` when it is empty or is not what this store wrote there. */
  open(model: string, { id, payload }: Found): string | undefined {
    if (!payload) return undefined;
    const text = this.seal.open(payload, Buffer.from(id, 'hex'));
    if (text === undefined) this.refuse(model, id);
    return text;
  }

  refuse(model: string, id: string): void {
    this.refused += 1;
    log.warn({ model, row: id }, 'a row is not what was written there: refused');
  }

  /** When a row of this model may be purged; `expiresIn` as core gives it, which may be absent or negative. */
  expiresAt(model: string, expiresIn: number | undefined): number | null {
    if (expiresIn === undefined || !Number.isFinite(expiresIn)) return null;
    return seconds() + Math.max(0, Math.ceil(expiresIn)) + this.retentionOf(model);
  }

  retentionOf(model: string): number {
    return secondsKept(this.retention, model);
  }

  async #find(ids: string[]): Promise<Map<string, Found>> {
    return byId(await this.run(find(this.table, ids)));
  }

  async #write(rows: Row[]): Promise<Map<string, Found>> {
    // One order for all: statements of several processes that meet on the same rows never wait for each other in turn.
    rows.sort((a, b) => (a.id < b.id ? -1 : 1));
    const appended = this.trail?.append(rows.flatMap(({ entries = [] }) => entries));
    try {
      const written = byId(await this.run(write(this.table, seconds(), rows, this.seal, appended?.rows)));
      appended?.done();
      return written;
    } catch (error) {
      appended?.failed();
      throw error;
    }
  }

  /**
   * Runs a statement.
   *
   * @throws {StoreUnavailable} when the database does not do it, for whatever reason; the reason is logged.
   */
  async run(statement: Statement): Promise<Found[]> {
    for (let attempt = 1; ; attempt += 1) {
      const prepared = this.#prepared;
      try {
        this.roundTrips += 1;
        const rows = await execute(this.knex, statement, { prepared, timeout: this.#timeout });
        if (this.#away) log.info('the database is back');
        this.#away = false;
        return rows.map(foundOf);
      } catch (error) {
        if (isUnprepared(error) && prepared) this.#prepared = false;
        else if (this.#isTransaction || !isWorthTrying(error) || attempt === 3) throw this.#unavailable(error);
      }
    }
  }

  #unavailable(error: unknown): StoreUnavailable {
    const { code, message } = error as NodeJS.ErrnoException;
    if (isOwnFault(error)) {
      log.error({ sqlstate: code, reason: message }, 'the database refused a row');
    } else {
      if (!this.#away) log.error({ sqlstate: code, reason: message }, 'the database is unavailable');
      this.#away = true;
    }
    return new StoreUnavailable('the authorization server is temporarily unable to keep its records', { cause: error });
  }
}

const byId = (rows: readonly Found[]) => new Map(rows.map((row) => [row.id, row]));
