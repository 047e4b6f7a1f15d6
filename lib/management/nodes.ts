import { hostname } from 'node:os';

import type { Knex } from 'knex';

import { clockOffset, UNREMARKABLE } from '../database/clock.ts';
import { tableOf } from '../database/schema.ts';
import { log } from '../log.ts';
import { nodeId } from '../node_id.ts';
import { version } from '../package_file.ts';
import { fingerprint } from './fingerprint.ts';

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

/** A process of the fleet, as its heartbeat tells of it. Times are milliseconds since the epoch, by the database's clock. */
export interface FleetNode {
  readonly node: string;
  readonly host: string;
  readonly version: string;
  /** `lost`: it was not heard of for a while, and has not said that it stops. */
  readonly state: 'serving' | 'stopping' | 'stopped' | 'lost';
  readonly started_at: number;
  readonly seen_at: number;
  readonly profile: string;
  /** A fingerprint of everything that is to be the same on every node. */
  readonly configuration: string;
  /** The same by key of the file. */
  readonly parts: Readonly<Record<string, string>>;
  readonly keys: Readonly<Record<string, readonly string[]>>;
  /** Its clock less the database's, in milliseconds. */
  readonly clock_offset: number | null;
}

/** Milliseconds from one heartbeat to the next. */
const every = 3000;
/** Milliseconds after which a node that says nothing is lost. */
const lost = 4 * every;
/** Milliseconds after which a row of a process that is gone is deleted. */
const forgotten = 30 * 86_400_000;
/** Rows that are read at most. */
const most = 1000;

const now = `(extract(epoch from clock_timestamp()) * 1000)::bigint`;

interface NodeRow extends Omit<FleetNode, 'keys' | 'parts' | 'profile' | 'state'> {
  readonly keys: string;
  readonly details: string | null;
  readonly age: number | string;
}

const states: readonly unknown[] = ['serving', 'stopping', 'stopped'] satisfies FleetNode['state'][];

/** The members of a JSON object; none of what is another. A row may be another version's, or somebody's who wrote it by hand. */
function membersOf(json: unknown): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = typeof json === 'string' ? JSON.parse(json) : json;
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

const texts = (members: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, `${value}`]));

function nodeOf({ keys, details, age, ...row }: NodeRow): FleetNode {
  const told = membersOf(details);
  const state = states.includes(told.state) ? (told.state as FleetNode['state']) : 'serving';
  const held = Object.entries(membersOf(keys)).map(([use, ids]): [string, string[]] => [use, [ids].flat().map(String)]);
  const { node, host, version, configuration } = row;
  return {
    node,
    host,
    version,
    state: state !== 'stopped' && Number(age) > lost ? 'lost' : state,
    started_at: Number(row.started_at),
    seen_at: Number(row.seen_at),
    profile: `${told.profile ?? ''}`,
    configuration,
    parts: texts(membersOf(told.parts)),
    keys: Object.fromEntries(held),
    clock_offset: row.clock_offset === null ? null : Number(row.clock_offset),
  };
}

/** The processes of a database that were heard of within a time, the last one to start first. @param within milliseconds */
export async function listNodes(knex: Knex, schema?: string, within = 86_400_000): Promise<FleetNode[]> {
  const { rows } = await knex.raw(
    `select node, host, version, started_at, seen_at, configuration, keys, clock_offset, details,
        ${now} - seen_at as age
      from ${tableOf(schema, 'oidc_nodes')} where seen_at > ${now} - ?::bigint
      order by started_at desc, node limit ${most}`,
    [within],
  );
  return (rows as NodeRow[]).map(nodeOf);
}

/** A difference among nodes that serve. */
export interface Difference {
  /** The key in the file, or `version`, `clock`, or `keys.` and their use. */
  readonly part: string;
  /** A sentence that names the nodes on each side. */
  readonly text: string;
}

/** A clock that is near the database's counts as `right`, so that clocks that are a little apart are the same. */
function clockOf({ clock_offset }: FleetNode): string {
  const off = Math.abs(clock_offset ?? 0) > UNREMARKABLE * 1000;
  return off ? `${((clock_offset ?? 0) / 1000).toFixed(1)} s from the database's` : 'right';
}

/** Everything about a node that is to be the same on every other, in words to compare. */
function comparable(node: FleetNode): Record<string, string> {
  const { parts, keys, version } = node;
  const held = Object.entries(keys).map(([use, ids]) => [`keys.${use}`, [...ids].sort().join(' ')]);
  return { version, clock: clockOf(node), ...parts, ...Object.fromEntries(held) };
}

/** Names that a sentence lists of each side. */
const named = 3;
const list = (nodes: readonly string[]) =>
  nodes.slice(0, named).join(', ') + (nodes.length > named ? ` and ${nodes.length - named} more` : '');

/** Finds what is not the same on every node that serves. */
export function differences(nodes: readonly FleetNode[]): Difference[] {
  const serving = nodes.filter(({ state }) => state === 'serving');
  const told = serving.map((node) => ({ name: node.node, is: comparable(node) }));
  const names = [...new Set(told.flatMap(({ is }) => Object.keys(is)))].sort();
  return names.flatMap((part) => {
    const sides = new Map<string, string[]>();
    for (const { name, is } of told) {
      const value = is[part] || 'none';
      sides.set(value, [...(sides.get(value) ?? []), name]);
    }
    if (sides.size < 2 && !(part === 'clock' && serving.length > 0 && !sides.has('right'))) return [];
    const sentences = [...sides].map(([value, side]) => `${value} on ${list(side)}`);
    return [{ part, text: `${part} is not the same on every node: ${sentences.join('; ')}` }];
  });
}

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

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  get differences(): Difference[] {
    return differences(this.nodes);
  }

  /** Beats until it is stopped; one that fails is not the end. @param describe asked at each beat */
  async start(describe: () => Description): Promise<void> {
    const { knex, schema } = this.#options;
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

  /** Says that the process ends, so that nobody takes it for lost. Its row stays: it says where its chains end. */
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
      [node, hostname(), version, ...written, details] as never[],
    );
    this.nodes = last ? [] : await listNodes(knex, schema, lost);
    this.#tell();
  }

  /** Once for each change: a fleet that differs on purpose, as during an update, is not told of again and again. */
  #tell(): void {
    const found = this.differences.map(({ text }) => text);
    const told = found.join();
    if (told !== this.#told && found.length > 0) log.warn({ differences: found }, 'the nodes of this database differ');
    this.#told = told;
  }
}
