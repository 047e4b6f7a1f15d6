import type { Knex } from 'knex';

import { OperationalError } from '../errors.ts';

/** Databases that are no Postgres, by knex's name of their client. */
const others: Readonly<Record<string, string>> = {
  cockroachdb: 'CockroachDB',
  'pg-redshift': 'Redshift',
  pgnative: 'pg-native',
};

/**
 * Refuses a knex of another database before anybody asks it for anything: its answers would be errors of every request,
 * or none at all.
 *
 * @throws {OperationalError} what it speaks, and what to write instead.
 */
export function requirePostgres(knex: unknown): asserts knex is Knex {
  if (typeof knex !== 'function') {
    throw new OperationalError("no knex was handed over: write one made with client: 'pg', or a postgres:// URL");
  }
  const { dialect, driverName } = (knex as Partial<Knex>).client ?? {};
  const other = driverName in others ? others[driverName] : dialect === 'postgresql' ? undefined : `${driverName}`;
  if (other === undefined) return;
  throw new OperationalError(`this knex speaks ${other}: hand over one made with client: 'pg', or a postgres:// URL`);
}
