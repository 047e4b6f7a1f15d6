import { hostname } from 'node:os';

import type { Knex } from 'knex';

import { clockOffset } from '../database/clock.ts';
import { tableOf } from '../database/schema.ts';
import { log } from '../log.ts';
import { nodeId } from '../node_id.ts';
import { version } from '../package_file.ts';
import { fingerprint } from './fingerprint.ts';
import { type Difference, differences, every, type FleetNode, listNodes, lost, now } from './nodes.ts';

/** A process, as it tells the others of itself. */
export interface Description {
  /** A fingerprint of each part of the configuration, by its key in the file. */
  readonly configuration: Readonly<Record<string, string>>;
  readonly profile: string;
  /** Ids of the keys it holds, by their use. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
  /** The ends of its chains of audit records. */
  readonly chains?: readonly unknown[] | undefined;
}

/** Milliseconds after which a row of a process that is gone is deleted. */
const forgotten = 30 * 86_400_000;

export interface HeartbeatOptions {
  readonly knex: Knex;
  readonly schema?: string | undefined;
  readonly state: () => 'starting' | 'serving' | 'stopping';
  /** The process's name; default its own. */
  readonly node?: string | undefined;
}

/** This process's row among the nodes, and what it knows of the others. */
export class Heartbeat {
  /** Every node that was heard of lately, as of the last heartbeat. */
  nodes: readonly FleetNode[] = [];
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  #describe: (() => Description) | undefined;
  #told = '';
  #differ: (texts: readonly string[]) => void = () => {};

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  get differences(): Difference[] {
    return differences(this.nodes);
  }

  /**
   * Beats until it is stopped. After a beat that fails, the next one tries again.
   *
   * @param describe asked at each beat
   * @param differ told in what the nodes differ, once for each change
   */
  async start(describe: () => Description, differ = this.#differ): Promise<void> {
    const { knex, schema } = this.#options;
    this.#differ = differ;
    this.#describe = describe;
    await this.#quietly(async () => {
      const table = tableOf(schema, 'oidc_nodes');
      await knex.raw(`delete from ${table} where seen_at < ${now} - ?::bigint`, [forgotten]);
      await this.#beat();
    });
    this.#timer = setInterval(() => {
      this.#beating ??= this.#quietly(() => this.#beat()).finally(() => {
        this.#beating = undefined;
      });
    }, every).unref();
  }

  /**
   * Says that the process ends, so that nobody takes it for lost. Its row stays, since it says where its chains end.
   */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
    await this.#quietly(() => this.#beat('stopped'));
  }

  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.debug({ reason: (error as Error).message }, 'the heartbeat could not be written; the next one tries again');
    }
  }

  async #beat(last?: 'stopped'): Promise<void> {
    const { knex, schema, state, node = nodeId } = this.#options;
    if (!this.#describe) return;
    const { configuration, profile, keys, chains } = this.#describe();
    const is = last ?? (state() === 'stopping' ? 'stopping' : 'serving');
    const details = JSON.stringify({ profile, parts: configuration, state: is });
    const offset = await clockOffset(knex);
    const written = [fingerprint(configuration), JSON.stringify(keys), offset, chains ? JSON.stringify(chains) : null];
    await knex.raw(
      `insert into ${tableOf(schema, 'oidc_nodes')} as n
          (node, host, version, configuration, keys, clock_offset, chains, details, started_at, seen_at)
        values (?, ?, ?, ?, ?, ?, ?, ?, ${now}, ${now})
        on conflict (node) do update set configuration = excluded.configuration, keys = excluded.keys,
          clock_offset = excluded.clock_offset, chains = excluded.chains, details = excluded.details,
          seen_at = excluded.seen_at`,
      [node, hostname(), version, ...written, details],
    );
    this.nodes = last ? [] : await listNodes(knex, schema, lost);
    this.#tell();
  }

  /** Tells in what the nodes differ, once for each change: a fleet may differ on purpose, as during an update. */
  #tell(): void {
    const found = this.differences.map(({ text }) => text);
    const told = found.join();
    if (told !== this.#told && found.length > 0) {
      log.warn({ differences: found }, 'the nodes of this database differ');
      this.#differ(found);
    }
    this.#told = told;
  }
}
