import type { Knex } from 'knex';
import { RateLimiterPostgres } from 'rate-limiter-flexible';

import type { Limit, Limiter } from './attempts.ts';

/** `$1` and `$2` in the words of knex, which is what both Postgres and PGlite are reached by. */
async function query(knex: Knex, { text, values = [] }: { text: string; values?: (string | number | null)[] }) {
  const bindings = Object.fromEntries(values.map((value, index) => [`p${index + 1}`, value]));
  const { rows, rowCount } = await knex.raw(text.replace(/\$(\d+)/g, ':p$1'), bindings);
  // Postgres gives a bigint as text, and PGlite counts only rows that were changed.
  const numbered = rows.map((row: object) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)])),
  );
  return { rows: numbered, rowCount: rows.length || rowCount };
}

/**
 * Counts attempts in a table of the database instead of in each process's memory: `attempts({ limiter: await
 * sharedLimiter(knex) })`. Makes the table `login_attempts` where it is missing.
 */
export async function sharedLimiter(
  knex: Knex,
  schema = 'public',
): Promise<(options: Limit & { keyPrefix: string }) => Limiter> {
  await knex.raw('create table if not exists ?? (key text primary key, points integer not null, expire bigint)', [
    `${schema}.login_attempts`,
  ]);
  return (options) =>
    new RateLimiterPostgres({
      ...options,
      storeClient: { query: (statement: { text: string }) => query(knex, statement) },
      storeType: 'client',
      tableName: 'login_attempts',
      schemaName: schema,
      tableCreated: true,
    });
}
