import type { Knex } from 'knex';

import * as oidcPayloads from './0001_oidc_payloads.ts';
import * as operation from './0002_operation.ts';

interface Migration {
  /**
   * The newest migration that the oldest version able to run on the result knows. A migration that only adds names an
   * earlier one; a migration that takes something away names the one whose versions no longer need it.
   */
  readonly oldest: string;
  up(knex: Knex, schema?: string): Promise<void>;
  down(knex: Knex, schema?: string): Promise<void>;
}

/** Append only: a released name is recorded in databases we cannot see. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001_oidc_payloads': oidcPayloads,
  '0002_operation': operation,
};

/** Names of the migrations, in the order in which they are applied. */
export const migrationNames: readonly string[] = Object.keys(migrations);

/**
 * The row of `oidc_settings` that says how far the database is, and how old a version may be that runs on it: a version
 * does not know the migrations that came after it, and where a deployment runs these among its own, it does not know
 * the history they are recorded in.
 */
export const STATE = 'schema';

/** The value of that row, as JSON. */
export interface SchemaState {
  readonly newest: string;
  readonly oldest: string;
}

async function recordState(knex: Knex, last: number, schema?: string): Promise<void> {
  // The settings came with the second one.
  if (last < 1) return;
  const known = Object.values(migrations).slice(0, last + 1);
  const oldest = known.map((migration) => migration.oldest).sort();
  const state = { newest: migrationNames[last], oldest: oldest.at(-1) };
  const settings = knex.ref('oidc_settings').withSchema(schema as string);
  await knex.raw(
    `insert into ?? as s (name, value, changed_at) values (?, ?, ?)
      on conflict (name) do update set value = excluded.value, version = s.version + 1, changed_at = excluded.changed_at`,
    [settings, STATE, JSON.stringify(state), Date.now()],
  );
}

/** A statement that waits for a lock holds up all that come after it: it gives up, and may be tried again. */
const patience = `set local lock_timeout = '5s'`;

/**
 * The migrations as knex takes them. They are named in code, so that the same name is recorded whether the sources run or
 * what was built from them.
 *
 * @param schema database schema of the tables; the search path decides when it is absent.
 * @throws {Error} from `getMigration()`, for a name that is none of them.
 * @example
 * // Beside migrations of your own, under one history:
 * const getMigration = (name) => (migrationNames.includes(name) ? migrationSource().getMigration(name) : yours[name]);
 */
export function migrationSource(schema?: string): Knex.MigrationSource<string> {
  return {
    getMigrations: async () => [...migrationNames],
    getMigrationName: (name) => name,
    async getMigration(name) {
      const migration = migrations[name];
      if (!migration) throw new Error(`unknown migration ${name}`);
      const index = migrationNames.indexOf(name);
      return {
        async up(knex) {
          await knex.raw(patience);
          await migration.up(knex, schema);
          await recordState(knex, index, schema);
        },
        async down(knex) {
          await knex.raw(patience);
          await migration.down(knex, schema);
          await recordState(knex, index - 1, schema);
        },
      };
    },
  };
}
