import type { Knex } from 'knex';

import { isWorthTrying } from './store.ts';
import { StoreUnavailable } from './unavailable.ts';

/** Times a transaction is begun anew because the database chose another one of two that met. */
const most = 3;

const causeOf = (error: unknown) => (error instanceof StoreUnavailable ? error.cause : error);

/** True for an error of the database, its driver or the pool, by a SQLSTATE or the name of a system error. */
const isDatabases = (error: unknown) => {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return name === 'KnexTimeoutError' || /^([0-9A-Z]{5}|E[A-Z]+)$/.test(`${code}`);
};

/**
 * Works in one transaction, in which everything is done or nothing.
 *
 * @param work may be asked again, when nothing of it was done
 * @throws StoreUnavailable when the database does not do it
 */
export async function transaction<T>(knex: Knex, work: (trx: Knex) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await knex.transaction(work);
    } catch (error) {
      if (attempt < most && isWorthTrying(causeOf(error))) continue;
      if (!isDatabases(error)) throw error;
      throw new StoreUnavailable('the database did not take it, and nothing was changed', { cause: error });
    }
  }
}
