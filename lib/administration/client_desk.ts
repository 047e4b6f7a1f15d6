import type { ClientMetadata } from 'oidc-provider';

import type { EventName } from '../audit/event.ts';
import { aboutOf, differences, idsOf, type Members, noted, withId, withoutNotes } from '../clients/members.ts';
import { clientFindings, type JudgeClient } from '../clients/metadata.ts';
import { type RegisteredClient, Registry } from '../clients/registry.ts';
import { seconds } from '../seconds.ts';
import { type Revoked, revoke } from '../store/held.ts';
import type { OidcStore } from '../store/open_store.ts';
import type { Acts } from './acts.ts';
import { ActRefused } from './refused.ts';

/** Parts a desk for clients is made of. */
export interface ClientDeskParts {
  readonly store: Pick<OidcStore, 'adapter' | 'revoke'>;
  readonly acts: Acts;
  /** Clients of the configuration file: they are changed there. */
  readonly listed: readonly ClientMetadata[];
  /** Makes the judge of clients. It is asked for before a write only. */
  readonly judge: () => Promise<JudgeClient>;
  readonly development: boolean;
}

/** A client of the file or of the database. */
export interface KnownClient {
  readonly client: RegisteredClient;
  readonly source: 'file' | 'database';
}

/** Administers the clients of a database: each act is judged first, done at once on every process, and recorded. */
export class ClientDesk {
  /** The clients of the database. */
  readonly registry: Registry;
  /** The clients of the file. */
  readonly listed: readonly ClientMetadata[];
  readonly #parts: ClientDeskParts;

  constructor(parts: ClientDeskParts) {
    this.#parts = parts;
    this.listed = parts.listed;
    this.registry = new Registry(parts.store.adapter.store);
  }

  /**
   * Finds a client.
   *
   * @throws {ActRefused} when there is none.
   */
  async known(client_id: string): Promise<KnownClient> {
    const inFile = this.#parts.listed.find((client) => client.client_id === client_id);
    if (inFile) return { client: inFile, source: 'file' };
    const client = await this.registry.find(client_id);
    if (!client) throw new ActRefused(404, `no client ${client_id}`);
    return { client, source: 'database' };
  }

  /**
   * Adds a client; it gets an id where the metadata has none.
   *
   * @throws {ActRefused} with everything that is wrong with it, or when the id is taken.
   */
  add(metadata: Members): Promise<RegisteredClient> {
    const client = withId(metadata);
    const { acts } = this.#parts;
    return acts.attempt('clients add', aboutOf(client), async () => {
      const judge = await this.#parts.judge();
      const [judged] = this.#judged(judge, [client]);
      const added = { ...(judged as RegisteredClient), client_id_issued_at: seconds() };
      return acts.transact(async ({ adapter, record }) => {
        const [taken] = await new Registry(adapter.store).add([added]);
        if (taken) throw new ActRefused(409, `there is a client ${taken.client_id} already`);
        // One of that name may have been removed by somebody who was stopped before its grants had ended.
        await revoke(adapter.store, { client: added.client_id });
        record('client.added', { client: added.client_id });
        return added;
      });
    });
  }

  /**
   * Changes a client's metadata.
   *
   * @param make the metadata as they are to be, out of those there are
   * @throws {ActRefused} with everything that is wrong with them, or when there is no such client.
   */
  set(client_id: string, make: (metadata: RegisteredClient) => Members): Promise<RegisteredClient> {
    const { acts } = this.#parts;
    return acts.attempt('clients set', { client: client_id }, async () => {
      this.#notInFile(client_id);
      const judge = await this.#parts.judge();
      return acts.transact(async ({ adapter, record }) => {
        let names: string[] = [];
        const changed = await new Registry(adapter.store).change(client_id, (client) => {
          const made = make(client);
          if ((made.client_id ?? client_id) !== client_id) {
            throw new ActRefused(400, 'client_id is what a client is known by: add another client');
          }
          const [judged] = this.#judged(judge, [{ ...made, client_id }]);
          const next = { ...(judged as RegisteredClient), ...noted(client) };
          names = differences(client, next);
          return next;
        });
        if (!changed) throw new ActRefused(404, `no client ${client_id}`);
        record('client.changed', { client: client_id, details: { changed: names } });
        return changed;
      });
    });
  }

  /**
   * Disables a client: core does not find it any more, and what it holds is ended unless `keepGrants` says otherwise.
   */
  disable(client_id: string, { keepGrants = false } = {}): Promise<Revoked> {
    return this.#parts.acts.attempt('clients disable', { client: client_id }, async () => {
      await this.#switch('client.disabled', client_id, 'is disabled already', (client) =>
        client.disabled_at === undefined ? { ...client, disabled_at: seconds() } : undefined,
      );
      return keepGrants ? nothing : this.#end(client_id);
    });
  }

  /** Enables a disabled client again, if it is inside the profile as the profile is now. */
  enable(client_id: string): Promise<void> {
    return this.#parts.acts.attempt('clients enable', { client: client_id }, async () => {
      const judge = await this.#parts.judge();
      await this.#switch('client.enabled', client_id, 'is not disabled', ({ disabled_at, ...client }) => {
        if (disabled_at === undefined) return undefined;
        this.#judged(judge, [client]);
        return client;
      });
    });
  }

  /** Removes a client, and ends what it holds. */
  remove(client_id: string): Promise<Revoked> {
    const { acts } = this.#parts;
    return acts.attempt('clients remove', { client: client_id }, async () => {
      this.#notInFile(client_id);
      await acts.transact(async ({ adapter, record }) => {
        if (!(await new Registry(adapter.store).remove(client_id))) throw new ActRefused(404, `no client ${client_id}`);
        record('client.removed', { client: client_id });
      });
      return this.#end(client_id);
    });
  }

  /**
   * Adds many clients: all of them, or none where one of them is wrong or is there already.
   *
   * @param replace clients that are there are replaced
   * @throws {ActRefused} with everything that is wrong.
   */
  import(clients: readonly Members[], { replace = false } = {}): Promise<RegisteredClient[]> {
    const made = clients.map(withId);
    const { acts } = this.#parts;
    return acts.attempt('clients import', {}, async () => {
      const judge = await this.#parts.judge();
      const own = this.#judged(judge, made).map((client, index) => ({
        ...client,
        client_id_issued_at: seconds(),
        ...noted(made[index] ?? {}),
      }));
      await acts.transact(async ({ adapter, record }) => {
        const registry = new Registry(adapter.store);
        const known = await registry.known(own);
        const taken = replace ? [] : [...known];
        if (taken.length === 0) {
          taken.push(...(await registry.add(own, { replace })).map(({ client_id }) => client_id));
        }
        if (taken.length > 0) throw new ActRefused(409, `there already, and nothing was changed: ${idsOf(taken)}`);
        for (const { client_id } of own) {
          record(known.has(client_id) ? 'client.changed' : 'client.added', { client: client_id });
        }
      });
      for (const { client_id, disabled_at } of own) if (disabled_at !== undefined) await this.#end(client_id);
      return own;
    });
  }

  async #switch(
    event: EventName,
    client_id: string,
    already: string,
    make: (client: RegisteredClient) => RegisteredClient | undefined,
  ): Promise<void> {
    this.#notInFile(client_id);
    await this.#parts.acts.transact(async ({ adapter, record }) => {
      let found = false;
      const changed = await new Registry(adapter.store).change(client_id, (client) => {
        found = true;
        return make(client);
      });
      if (!found) throw new ActRefused(404, `no client ${client_id}`);
      if (!changed) throw new ActRefused(409, `client ${client_id} ${already}`);
      record(event, { client: client_id });
    });
  }

  /** Ends what a client holds, page by page and in no transaction: it may be millions of rows. */
  async #end(client_id: string): Promise<Revoked> {
    const revoked = await this.#parts.store.revoke({ client: client_id });
    await this.#parts.acts.record('grants.revoked', { client: client_id, details: { ...revoked } });
    return revoked;
  }

  #judged(judge: JudgeClient, clients: readonly Members[]): RegisteredClient[] {
    for (const { client_id } of clients) this.#notInFile(`${client_id}`);
    const metadata = clients.map(withoutNotes);
    const findings = clientFindings(metadata, judge, this.#parts);
    if (findings.length === 0) return metadata as RegisteredClient[];
    const [only] = metadata;
    throw new ActRefused(400, metadata.length === 1 ? `client ${only?.client_id}` : 'clients', findings);
  }

  #notInFile(client_id: string): void {
    if (this.#parts.listed.some((client) => client.client_id === client_id)) {
      throw new ActRefused(409, `${client_id} stands in the configuration file, change it there`);
    }
  }
}

const nothing: Revoked = { grants: 0, sessions: 0, tokens: 0 };
