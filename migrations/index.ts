import type { Knex } from 'knex';

import * as oidcPayloads from './0001_oidc_payloads.ts';

interface Migration {
  up(knex: Knex, schema?: string): Promise<void>;
  down(knex: Knex, schema?: string): Promise<void>;
}

/** Append only: a released name is recorded in databases we cannot see. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001_oidc_payloads': oidcPayloads,
};

export const migrationNames: readonly string[] = Object.keys(migrations);

/** Named in code, so that the same name is recorded whether the sources run or what was built from them. */
export function migrationSource(schema?: string): Knex.MigrationSource<string> {
  return {
    getMigrations: async () => [...migrationNames],
    getMigrationName: (name) => name,
    async getMigration(name) {
      const migration = migrations[name];
      if (!migration) throw new Error(`unknown migration ${name}`);
      return { up: (knex) => migration.up(knex, schema), down: (knex) => migration.down(knex, schema) };
    },
  };
}
