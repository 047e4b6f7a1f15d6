import type { Knex } from 'knex';

import { ownerFaults, throwFaults } from '../database/readiness.ts';
import { schemaOf } from '../database/schema.ts';
import { OperationalError } from '../errors.ts';
import { kept } from './kept.ts';
import { KnexAdapter } from './model_adapter.ts';
import { Store, type StoreOptions } from './store.ts';
import { transaction } from './transaction.ts';

export type { StoreOptions as KnexAdapterOptions } from './store.ts';

/** Core's `adapter`, with the other uses of the same rows. */
export interface KnexAdapterFactory {
  (model: string): KnexAdapter;
  /** A value made once for all processes of the database, sealed: keys, cookie keys, secrets. */
  kept<T>(name: string, make: () => T | Promise<T>): Promise<T>;
  /**
   * Makes the database the issuer's when it is nobody's yet.
   * @throws {OperationalError} when it belongs to another issuer.
   */
  belongsTo(issuer: string): Promise<void>;
  /**
   * Works in one transaction: everything that is done with the adapter it is given, or nothing.
   *
   * @throws what the work throws; StoreUnavailable when the database does not do it.
   */
  transaction<T>(work: (adapter: KnexAdapterFactory) => Promise<T>): Promise<T>;
  readonly store: Store;
}

/**
 * A durable, sealed store for every model of core, and for models it does not have yet, in which nothing is
 * spent twice.
 *
 * @param knex of Postgres or PGlite, migrated.
 * @param options `encryption_keys` seal rows: the first seals, all open. Without them rows lie in the clear.
 * @throws {OperationalError} when the knex is of another database.
 * @example
 * new Provider(issuer, { adapter: knexAdapter(knex, { encryption_keys: [process.env.ENCRYPTION_KEY] }) });
 * @see [FAPI 2.0 Security Profile - 5.3.2.2](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.2)
 */
export function knexAdapter(knex: Knex, options: StoreOptions = {}): KnexAdapterFactory {
  const made = factoryOf(knex, options);
  if (!made.store.seal.seals) {
    process.emitWarning('knexAdapter() was given no encryption_keys: rows lie in the clear', 'SecurityWarning');
  }
  return made;
}

function factoryOf(knex: Knex, options: StoreOptions): KnexAdapterFactory {
  const store = new Store(knex, options);
  return Object.assign((model: string) => new KnexAdapter(store, model), {
    store,
    transaction: <T>(work: (adapter: KnexAdapterFactory) => Promise<T>) =>
      transaction(knex, (trx) => work(factoryOf(trx, { ...options, schema: schemaOf(knex, options.schema) }))),
    belongsTo: async (issuer: string) => throwFaults(await ownerFaults(knex, schemaOf(knex, options.schema), issuer)),
    kept: async <T>(name: string, make: () => T | Promise<T>) => {
      if (!store.seal.seals && !options.secrets_in_the_clear) {
        throw new OperationalError(
          `${name} would lie in the clear: give encryption_keys, or say secrets_in_the_clear: true`,
        );
      }
      return kept(store, name, make);
    },
  });
}
