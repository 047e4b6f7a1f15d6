import type { Knex } from 'knex';

import { UNREMARKABLE } from '../database/clock.ts';
import { tableOf } from '../database/schema.ts';

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
  /** A fingerprint of each part of the configuration, by its key in the file. */
  readonly parts: Readonly<Record<string, string>>;
  readonly keys: Readonly<Record<string, readonly string[]>>;
  /** Its clock less the database's, in milliseconds. */
  readonly clock_offset: number | null;
}

/** Milliseconds from one heartbeat to the next. */
export const every = 3000;
/** Milliseconds after which a node that says nothing is lost. */
export const lost = 4 * every;
/** Rows that are read at most. */
const most = 1000;

/** The database's clock in SQL, in milliseconds since the epoch. */
export const now = `(extract(epoch from clock_timestamp()) * 1000)::bigint`;

interface NodeRow extends Omit<FleetNode, 'keys' | 'parts' | 'profile' | 'state'> {
  readonly keys: string;
  readonly details: string | null;
  readonly age: number | string;
}

const states: readonly unknown[] = ['serving', 'stopping', 'stopped'] satisfies FleetNode['state'][];

/** The members of a JSON object; none of anything else. A row may have been written by another version, or by hand. */
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

/**
 * Lists the processes of a database that were heard of within a time, the last one to start first.
 *
 * @param within milliseconds
 */
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

/**
 * A node's clock in words to compare: `right` where it is near the database's, so that clocks that differ a little
 * count as the same.
 */
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
