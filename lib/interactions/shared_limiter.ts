import type { Knex } from 'knex';
import { RateLimiterPostgres } from 'rate-limiter-flexible';

import { schemaOf } from '../database/schema.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import type { Limiter, LimiterOptions } from './attempts.ts';

/** Milliseconds in which the database has to answer. */
const longest = 5000;

/** Runs a statement with `$1` and `$2` by knex, by which both Postgres and PGlite are reached. */
async function query(knex: Knex, { text, values = [] }: { text: string; values?: (string | number | null)[] }) {
  const bindings = Object.fromEntries(values.map((value, index) => [`p${index + 1}`, value]));
  const answer = await knex
    .raw(text.replace(/\$(\d+)/g, ':p$1'), bindings)
    .timeout(longest)
    .catch((cause: unknown) => {
      throw new StoreUnavailable('the authorization server is temporarily unable to count attempts', { cause });
    });
  // Postgres gives a bigint as text, and PGlite counts only rows that were changed.
  const numbered = answer.rows.map((row: object) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)])),
  );
  return { rows: numbered, rowCount: answer.rows.length || answer.rowCount };
}

/**
 * Counts attempts in the table `oidc_limits` of the database, for all processes, instead of in the memory of each:
 * `attempts({ limiter: sharedLimiter(knex) })`. Counts that are over are deleted now and then.
 */
export function sharedLimiter(knex: Knex, schema?: string): (options: LimiterOptions) => Limiter {
  return (options) =>
    new RateLimiterPostgres({
      ...options,
      storeClient: { query: (statement: { text: string }) => query(knex, statement) },
      storeType: 'client',
      tableName: 'oidc_limits',
      schemaName: schemaOf(knex, schema) ?? '',
      tableCreated: true,
      // One of them deletes for all.
      clearExpiredByTimeout: options.keyPrefix === 'address',
    });
}
