import type { Knex } from 'knex';

import { migrationNames, migrationSource } from '../../migrations/index.ts';

const HISTORY = 'oidc_payloads_migrations';
/** Any number no other program on the same database uses as an advisory lock. */
const LOCK = 0x0a07_2025;

/** Where the tables are: what the caller says, else what `openDatabase()` was told, else the search path. */
export function schemaOf(knex: Knex, schema?: string): string | undefined {
  return schema ?? (knex.userParams as { schema?: string } | undefined)?.schema;
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
  const history = schema ? `"${schema.replaceAll('"', '""')}".${HISTORY}` : HISTORY;
  const { rows } = await knex.raw('select to_regclass(?) is not null as exists', [history]);
  if (!rows[0].exists) return 'behind';
  const applied: string[] = await knex
    .withSchema(schema as string)
    .from(HISTORY)
    .pluck('name');
  if (applied.some((name) => !migrationNames.includes(name))) return 'ahead';
  return migrationNames.every((name) => applied.includes(name)) ? 'current' : 'behind';
}
