import type { Knex } from 'knex';

import { migrationNames, migrationSource, OLDEST } from '../../migrations/index.ts';
import { OperationalError } from '../errors.ts';

const HISTORY = 'oidc_payloads_migrations';
/** Any number no other program on the same database uses as an advisory lock. */
const LOCK = 0x0a07_2025;
const LOCK_NOT_AVAILABLE = '55P03';

/** Where the tables are: what the caller says, else what `openDatabase()` was told, else the search path. */
export function schemaOf(knex: Knex, schema?: string): string | undefined {
  return schema ?? (knex.userParams as { schema?: string } | undefined)?.schema;
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** By name and schema: behind a pooler no connection remembers a search path. */
export function tableOf(schema: string | undefined, name = 'oidc_payloads'): string {
  return schema ? `${quoted(schema)}.${name}` : name;
}

/** A schema that is ahead was migrated by a later version; `compatible` when that only added to what this one knows. */
export type SchemaStatus = 'current' | 'behind' | 'ahead, compatible' | 'ahead, breaking';

export interface MigrateOptions {
  /** The schema the tables are in; made when it is not there. */
  readonly schema?: string | undefined;
}

type Direction = 'latest' | 'down';

/** One transaction under one lock: nodes that start together migrate once, and a killed one leaves nothing half done. */
async function run(knex: Knex, direction: Direction, schema: string | undefined): Promise<string[]> {
  const migrated = knex.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(?)', [LOCK]);
    const unknown = (await applied(trx, schema)).filter((name) => !migrationNames.includes(name));
    if (unknown.length > 0) {
      throw new OperationalError(`a later version applied ${unknown.join(', ')}: migrate with that version`);
    }
    if (schema && direction === 'latest') await trx.schema.createSchemaIfNotExists(schema);
    const [, names] = await trx.migrate[direction]({
      migrationSource: migrationSource(schema),
      tableName: HISTORY,
      ...(schema ? { schemaName: schema } : {}),
    });
    return names as string[];
  });
  return migrated.catch((cause) => {
    if (cause.code !== LOCK_NOT_AVAILABLE) throw cause;
    throw new OperationalError(
      'the tables are in use by a statement that does not end: nothing was changed, try again',
      {
        cause,
      },
    );
  });
}

/** Names of the migrations the database has, in order; none when it has no history. */
async function applied(knex: Knex, schema: string | undefined): Promise<string[]> {
  const { rows } = await knex.raw('select to_regclass(?) is not null as exists', [tableOf(schema, HISTORY)]);
  if (!rows[0].exists) return [];
  return knex
    .withSchema(schema as string)
    .from(HISTORY)
    .orderBy('id')
    .pluck('name');
}

/** Applies what is pending; answers the names of what it applied. */
export function migrate(knex: Knex, options: MigrateOptions = {}): Promise<string[]> {
  return run(knex, 'latest', schemaOf(knex, options.schema));
}

/** Takes the last migration back; answers its name. */
export function migrateDown(knex: Knex, options: MigrateOptions = {}): Promise<string[]> {
  return run(knex, 'down', schemaOf(knex, options.schema));
}

/** Compares the database's history with the migrations this version knows. */
export async function schemaStatus(knex: Knex, options: MigrateOptions = {}): Promise<SchemaStatus> {
  const schema = schemaOf(knex, options.schema);
  const names = await applied(knex, schema);
  if (!migrationNames.every((name) => names.includes(name))) return 'behind';
  if (names.every((name) => migrationNames.includes(name))) return 'current';
  const oldest = await knex
    .withSchema(schema as string)
    .from('oidc_settings')
    .where({ name: OLDEST })
    .first('value');
  return oldest && oldest.value <= (migrationNames.at(-1) as string) ? 'ahead, compatible' : 'ahead, breaking';
}

/**
 * What a server needs of the database, and no more: statements for its role, to be run by whoever migrates. The role
 * makes, changes and drops nothing.
 */
export function runtimeGrants(role: string, schema = 'public'): string[] {
  const of = (table: string) => `${quoted(schema)}.${table}`;
  return [
    `grant usage on schema ${quoted(schema)} to ${quoted(role)}`,
    `grant select, insert, update, delete on ${of('oidc_payloads')} to ${quoted(role)}`,
    `grant insert on ${of('oidc_audit')} to ${quoted(role)}`,
    ...['oidc_pseudonyms', 'oidc_nodes', 'oidc_limits', 'oidc_settings'].map(
      (table) => `grant select, insert, update, delete on ${of(table)} to ${quoted(role)}`,
    ),
    `grant select on ${of(HISTORY)} to ${quoted(role)}`,
  ];
}

/**
 * Spreads the table over the workers of a Citus cluster, by the primary key. Rows that are there already move along.
 * @throws OperationalError where the extension is missing
 * @see [Citus - create_distributed_table](https://docs.citusdata.com/en/stable/develop/api_udf.html#create-distributed-table)
 */
export async function distribute(knex: Knex, options: MigrateOptions = {}): Promise<void> {
  const table = tableOf(schemaOf(knex, options.schema));
  const { rows } = await knex.raw(`select 1 from pg_extension where extname = 'citus'`);
  if (rows.length === 0) {
    throw new OperationalError(
      'this database has no Citus: run `create extension citus`, or migrate without --distribute',
    );
  }
  await knex.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(?)', [LOCK]);
    const known = 'select 1 from pg_dist_partition where logicalrelid = to_regclass(?)';
    const { rows: distributed } = await trx.raw(known, [table]);
    if (distributed.length === 0) await trx.raw(`select create_distributed_table(?, 'id')`, [table]);
    // What it copied from stays on the coordinator's disk otherwise, where neither purge nor reseal sees it.
    await trx.raw('select truncate_local_data_after_distributing_table(?)', [table]);
  });
}
