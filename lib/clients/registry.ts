import type { AdapterPayload, ClientMetadata } from 'oidc-provider';

import { changeRow } from '../store/change.ts';
import { foundBy } from '../store/found_by.ts';
import { type Row, rowId } from '../store/row.ts';
import type { Store } from '../store/store.ts';

/** A client of the database: its metadata, and what the registry adds to it. */
export type RegisteredClient = ClientMetadata & {
  /** Seconds since the epoch. */
  readonly client_id_issued_at?: number | undefined;
  /** Seconds since the epoch at which it was disabled: core does not find it from then on. */
  readonly disabled_at?: number | undefined;
};

export interface Page {
  /** The client after which the page begins, in an order that means nothing. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

const MODEL = 'Client';
/** Clients read or written in one go. */
const BATCH = 1000;

const bytesOf = (client_id: string) => Buffer.from(rowId(MODEL, client_id), 'hex');

/**
 * The clients of a database, in the rows core loads them from. Each process asks for a client's row with every request,
 * so that a change holds on all of them at once. Nothing reads all clients but `all()`.
 */
export class Registry {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** A client, disabled or not. */
  async find(client_id: string): Promise<RegisteredClient | undefined> {
    const [row] = await this.#store.find([rowId(MODEL, client_id)]);
    const text = row && this.#store.open(MODEL, row);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** Ids of clients that are there already, disabled or not. */
  async known(clients: readonly RegisteredClient[]): Promise<Set<string>> {
    const known = new Set<string>();
    for (let start = 0; start < clients.length; start += BATCH) {
      const ids = clients.slice(start, start + BATCH).map(({ client_id }) => client_id);
      const rows = await this.#store.find(ids.map((id) => rowId(MODEL, id)));
      for (const [index, id] of ids.entries()) if (rows[index]?.payload) known.add(id);
    }
    return known;
  }

  /** Some of the clients; the last one's id begins the next page. */
  async page({ after, limit = BATCH }: Page = {}): Promise<RegisteredClient[]> {
    const { rows } = await this.#store.knex.raw(
      `select encode(id, 'hex') as id, encode(payload, 'hex') as payload from ${this.#store.table}
        where model = ? and expires_at is null and payload is not null and id > ? order by id limit ?`,
      [MODEL, after === undefined ? Buffer.alloc(0) : bytesOf(after), limit],
    );
    return (rows as { id: string; payload: string }[]).flatMap(({ id, payload }) => {
      const row = { id, payload: Buffer.from(payload, 'hex'), expires_at: null, consumed_at: null };
      const text = this.#store.open(MODEL, row);
      return text === undefined ? [] : [JSON.parse(text) as RegisteredClient];
    });
  }

  /** Every client, page by page. */
  async *all(): AsyncGenerator<RegisteredClient[]> {
    for (let after: string | undefined; ; ) {
      const clients = await this.page({ after });
      yield clients;
      if (clients.length < BATCH) return;
      after = clients.at(-1)?.client_id;
    }
  }

  /** Puts clients there. @returns those whose id was taken already, which stay as they are unless they are replaced */
  async add(clients: readonly RegisteredClient[], { replace = false } = {}): Promise<RegisteredClient[]> {
    const taken: RegisteredClient[] = [];
    for (let start = 0; start < clients.length; start += BATCH) {
      const batch = clients.slice(start, start + BATCH);
      const written = await this.#store.write(batch.map((client) => rowOf(client, replace)));
      taken.push(...batch.filter((_, index) => !written[index]));
    }
    return taken;
  }

  /**
   * Changes a client that is there; the database decides who is first.
   *
   * @param make the client as it is to be; `undefined` leaves it as it is
   * @returns what was written, or `undefined` where nothing was
   * @throws {OperationalError} when others change it all the time; and what `make` throws.
   */
  change(
    client_id: string,
    make: (client: RegisteredClient) => RegisteredClient | undefined,
  ): Promise<RegisteredClient | undefined> {
    const changed = changeRow(this.#store, MODEL, client_id, (payload) => {
      // Core types payloads more loosely than what its own models put there.
      return make(payload as unknown as RegisteredClient) as AdapterPayload | undefined;
    });
    return changed as Promise<RegisteredClient | undefined>;
  }

  /**
   * Removes a client.
   *
   * @returns true when there was one
   */
  async remove(client_id: string): Promise<boolean> {
    const { rows } = await this.#store.knex.raw(
      `update ${this.#store.table} set payload = null, alias = null, client = null, expires_at = 0, consumed_at = null
        where id = ? and payload is not null returning 1`,
      [bytesOf(client_id)],
    );
    return rows.length > 0;
  }
}

function rowOf(client: RegisteredClient, replace: boolean): Row {
  return {
    id: rowId(MODEL, client.client_id),
    model: MODEL,
    text: JSON.stringify(client),
    grant_id: null,
    ...foundBy(MODEL, client as AdapterPayload),
    expires_at: null,
    // Nothing or 0: over the one that is there, or unless there is one. See the write statement.
    consumed_at: replace ? null : 0,
  };
}
