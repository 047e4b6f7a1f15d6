import type { Knex } from 'knex';

import { migrationNames, migrationSource } from '../../migrations/index.ts';
import { OperationalError } from '../errors.ts';

const HISTORY = 'oidc_payloads_migrations';
/** Any number no other program on the same database uses as an advisory lock. */
const LOCK = 0x0a07_2025;

/** Where the tables are: what the caller says, else what `openDatabase()` was told, else the search path. */
export function schemaOf(knex: Knex, schema?: string): string | undefined {
  return schema ?? (knex.userParams as { schema?: string } | undefined)?.schema;
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** By name and schema: behind a pooler no connection remembers a search path. */
export function tableOf(schema: string | undefined): string {
  return schema ? `${quoted(schema)}.oidc_payloads` : 'oidc_payloads';
}

export type SchemaStatus = 'current' | 'behind' | 'ahead';

export interface MigrateOptions {
  /** The schema the tables are in; made when it is not there. */
  readonly schema?: string | undefined;
}

type Direction = 'latest' | 'down';

/** One transaction under one lock: nodes that start together migrate once, and a killed one leaves nothing half done. */
async function run(knex: Knex, direction: Direction, schema: string | undefined): Promise<string[]> {
  return knex.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(?)', [LOCK]);
    if (schema && direction === 'latest') await trx.schema.createSchemaIfNotExists(schema);
    const [, names] = await trx.migrate[direction]({
      migrationSource: migrationSource(schema),
      tableName: HISTORY,
      ...(schema ? { schemaName: schema } : {}),
    });
    return names as string[];
  });
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
  const history = schema ? `${quoted(schema)}.${HISTORY}` : HISTORY;
  const { rows } = await knex.raw('select to_regclass(?) is not null as exists', [history]);
  if (!rows[0].exists) return 'behind';
  const applied: string[] = await knex
    .withSchema(schema as string)
    .from(HISTORY)
    .pluck('name');
  if (applied.some((name) => !migrationNames.includes(name))) return 'ahead';
  return migrationNames.every((name) => applied.includes(name)) ? 'current' : 'behind';
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
