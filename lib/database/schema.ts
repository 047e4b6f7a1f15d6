import type { Knex } from 'knex';

import { migrationNames, migrationSource, type SchemaState, STATE } from '../../migrations/index.ts';
import { OperationalError, UsageError } from '../errors.ts';
import { requirePostgres } from './dialect.ts';

export const HISTORY = 'oidc_payloads_migrations';
/** The number of the advisory lock of migrations: any that no other program on the same database uses. */
const LOCK = 0x0a07_2025;
/** The name of the newest migration: names sort in the order in which they are applied. */
const NEWEST = migrationNames.at(-1) as string;
const LOCK_NOT_AVAILABLE = '55P03';

/** Database schema of the tables: the caller's, else that of `openDatabase()`, else that of the search path. */
export function schemaOf(knex: Knex, schema?: string): string | undefined {
  requirePostgres(knex);
  return schema ?? knex.userParams?.schema;
}

export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/**
 * The quoted name of a table with its schema, which is written each time: behind a pooler, no connection remembers a
 * search path.
 */
export function tableOf(schema: string | undefined, name = 'oidc_payloads'): string {
  return schema ? `${quoted(schema)}.${name}` : name;
}

/**
 * The state of a database against this version's migrations. One that is ahead was migrated by a later version; it is
 * compatible when that version only added to what this one knows.
 */
export type SchemaStatus = 'current' | 'behind' | 'ahead, compatible' | 'ahead, breaking';

export interface MigrateOptions {
  /** The schema the tables are in; made when it is not there. */
  readonly schema?: string | undefined;
}

type Direction = 'latest' | 'down';

/**
 * Runs migrations in one transaction under one lock: nodes that start together migrate once, and one that is killed
 * leaves nothing half done.
 */
async function run(knex: Knex, direction: Direction, schema: string | undefined): Promise<string[]> {
  requirePostgres(knex);
  const migrated = knex.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(?)', [LOCK]);
    const newest = (await stateOf(trx, schema))?.newest ?? '';
    if (newest > NEWEST) throw new UsageError(`a later version applied ${newest}: migrate with that version`);
    if (schema && direction === 'latest') await trx.schema.createSchemaIfNotExists(schema);
    const [, names] = await trx.migrate[direction]({
      migrationSource: migrationSource(schema),
      tableName: HISTORY,
      ...(schema ? { schemaName: schema } : {}),
    });
    return names as string[];
  });
  return migrated.catch((cause) => {
    const [, unknown] = /^The migration directory is corrupt.* missing: (.*)$/.exec(cause.message) ?? [];
    if (unknown) throw new UsageError(`a later version applied ${unknown}: migrate with that version`, { cause });
    if (cause.code !== LOCK_NOT_AVAILABLE) throw cause;
    throw new OperationalError(
      'the tables are in use by a statement that does not end: nothing was changed, try again',
      {
        cause,
      },
    );
  });
}

/** Reads which migration the database is at; `undefined` before there is a row that says so. */
async function stateOf(knex: Knex, schema: string | undefined): Promise<SchemaState | undefined> {
  const settings = tableOf(schema, 'oidc_settings');
  const { rows } = await knex.raw('select to_regclass(?) is not null as exists', [settings]);
  if (!rows[0].exists) return undefined;
  const { rows: states } = await knex.raw(`select value from ${settings} where name = ?`, [STATE]);
  return states[0] && JSON.parse(states[0].value);
}

/**
 * Applies pending migrations, one process at a time.
 *
 * @param knex of Postgres or PGlite, as the role that owns the tables.
 * @param options `schema`: where the tables are; the search path decides when it is left out.
 * @returns the names of those applied.
 * @throws {UsageError} when a later version has migrated the database.
 * @throws {OperationalError} when a statement holds its tables.
 * @example
 * await migrate(knex, { schema: 'oidc' });
 */
export async function migrate(knex: Knex, options: MigrateOptions = {}): Promise<string[]> {
  return run(knex, 'latest', schemaOf(knex, options.schema));
}

/**
 * Takes the last migration back.
 *
 * @param knex of Postgres or PGlite, as the role that owns the tables.
 * @param options `schema`: where the tables are.
 * @returns its name; nothing when there is none.
 * @throws {UsageError} when a later version has migrated the database: that version takes it back.
 * @example
 * const taken = await migrateDown(knex);
 */
export function migrateDown(knex: Knex, options: MigrateOptions = {}): Promise<string[]> {
  return run(knex, 'down', schemaOf(knex, options.schema));
}

/**
 * Compares the database with the migrations this version knows, whichever history they are recorded in.
 *
 * @param knex of Postgres or PGlite.
 * @param options `schema`: where the tables are.
 * @returns `current`; `behind`: migrate; `ahead, compatible`: serves; `ahead, breaking`: this version is too old.
 * @example
 * if ((await schemaStatus(knex)) === 'behind') await migrate(knex);
 */
export async function schemaStatus(knex: Knex, options: MigrateOptions = {}): Promise<SchemaStatus> {
  const state = await stateOf(knex, schemaOf(knex, options.schema));
  if (!state || state.newest < NEWEST) return 'behind';
  if (state.newest === NEWEST) return 'current';
  return state.oldest <= NEWEST ? 'ahead, compatible' : 'ahead, breaking';
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
