import { randomUUID } from 'node:crypto';

import type { Knex } from 'knex';

import { type Database, type DatabaseOptions, openDatabase } from '../database/database.ts';
import { requirePostgres } from '../database/dialect.ts';
import { roleLimits, runtimeGrants } from '../database/grants.ts';
import { faultsOf, ownerFaults, throwFaults } from '../database/readiness.ts';
import { migrate, schemaOf, schemaStatus } from '../database/schema.ts';
import { type Keys, loadKeys } from '../keys/keys.ts';
import { seconds } from '../seconds.ts';
import { type KnexAdapterFactory, knexAdapter } from './adapter.ts';
import { type Holder, held, type Revoked, revoke } from './held.ts';
import { KEPT } from './kept.ts';
import { type Purged, type PurgeSchedule, purge, startPurge } from './purge.ts';
import { type Resealed, type ResealOptions, reseal } from './reseal.ts';
import { Seal } from './seal.ts';
import type { StoreOptions } from './store.ts';

export interface OpenStoreOptions extends StoreOptions {
  /** A knex of your own, a transaction of it, or where the database is. Yours stays open when the store is closed. */
  readonly database: Knex | DatabaseOptions | string;
  /** The Issuer Identifier. A database belongs to one issuer, as tokens of another one would be as good as its own. */
  readonly issuer: string;
}

/** A provider's store with its whole life. */
export interface OidcStore {
  /** The adapter for core's configuration. */
  readonly adapter: KnexAdapterFactory;
  readonly knex: Knex;
  /**
   * Looks at everything the store needs, and makes the database the issuer's when it is nobody's yet.
   * @throws {OperationalError} with everything that is wrong, a line each: the server, the schema, the role's rights,
   *   the clocks, the keys that seal, the issuer.
   */
  ready(): Promise<void>;
  /** The secrets every process shares, made at the first start: signing keys unless given, cookie keys, the nonce secret. */
  keys(jwks?: Parameters<typeof loadKeys>[1]): Promise<Keys>;
  /** Deletes what has expired from time to time, until the store is closed. */
  startPurge(schedule?: Omit<PurgeSchedule, 'schema'>): void;
  purge(): Promise<Purged>;
  /** Moves every row to the first of `encryption_keys`. */
  reseal(options?: Pick<ResealOptions, 'clear' | 'signal' | 'batch'>): Promise<Resealed>;
  /** Statements that give a role what a server needs and limit the time it may take, for whoever migrates. */
  grants(role: string): string[];
  held(model: string, holder: Holder): ReturnType<typeof held>;
  revoke(holder: Holder, options?: { readonly keepSessions?: boolean | undefined }): Promise<Revoked>;
  close(): Promise<void>;
}

/** Opens a database, or takes the caller's knex, which stays open when the store is closed. */
async function opened(database: OpenStoreOptions['database'], schema: string | undefined): Promise<Database> {
  if (typeof database === 'function' || !database) {
    requirePostgres(database);
    return { knex: database, embedded: false, close: async () => {} };
  }
  const settings = typeof database === 'string' ? { url: database } : database;
  return openDatabase({ ...settings, schema: schema ?? settings.schema });
}

/** Asks the database twice about one jti, and answers a fault unless it says exactly once that nobody was first. */
async function isDecidedOnce({ adapter }: Pick<OidcStore, 'adapter'>): Promise<string[]> {
  const id = `ready ${randomUUID()}`;
  const ask = () => adapter('ReplayDetection').unique(id, seconds());
  const answers = [await ask(), await ask()];
  return answers.join() === 'true,false' ? [] : ['the database lets something be used twice'];
}

/** Answers a fault where the keys do not open the rows of this database that are kept for good. */
async function areOurs({ adapter: { store } }: Pick<OidcStore, 'adapter'>): Promise<string[]> {
  const { rows } = await store.knex.raw(
    `select encode(id, 'hex') as id, encode(payload, 'hex') as payload from ${store.table}
      where expires_at is null and model = ? and payload is not null limit 1`,
    [KEPT],
  );
  const [row] = rows;
  if (!row) return [];
  const [id, payload] = [Buffer.from(row.id, 'hex'), Buffer.from(row.payload, 'hex')];
  // What lies in the clear is refused where it is asked for, or sealed by who says that it is theirs.
  if (Seal.clear(payload) !== undefined || store.seal.open(payload, id) !== undefined) return [];
  return ['encryption_keys do not open what is in this database: write the key it was sealed with, after the others'];
}

/**
 * Opens a store on Postgres: on a pool of the deployment's own, or on one of ours. An embedded database is migrated.
 *
 * @param options the database, its issuer, and the keys that seal; the rest as `knexAdapter()` takes it.
 * @throws {OperationalError} when the database does not answer, or the knex is of another one.
 * @example
 * const store = await openStore({ database: knex, issuer, encryption_keys: [process.env.KEY] });
 * await store.ready();
 * const provider = new Provider(issuer, { adapter: store.adapter, jwks: (await store.keys()).jwks });
 * store.startPurge();
 */
export async function openStore({ database, issuer, ...options }: OpenStoreOptions): Promise<OidcStore> {
  const { knex, embedded, close } = await opened(database, options.schema);
  const schema = schemaOf(knex, options.schema);
  const adapter = knexAdapter(knex, { ...options, schema });
  const { store } = adapter;
  const stops: (() => Promise<void>)[] = [];
  return {
    adapter,
    knex,
    async ready() {
      if (embedded && (await schemaStatus(knex, { schema })) === 'behind') await migrate(knex, { schema });
      throwFaults(await faultsOf(knex, schema));
      const found = [...(await areOurs({ adapter })), ...(await isDecidedOnce({ adapter }))];
      throwFaults([...found, ...(await ownerFaults(knex, schema, issuer))]);
    },
    keys: (jwks) => loadKeys(adapter.kept, jwks),
    startPurge: (schedule) => void stops.push(startPurge(knex, { ...schedule, schema })),
    purge: () => purge(knex, { schema }),
    reseal: (more) => reseal(knex, { encryption_keys: options.encryption_keys ?? [], ...more, schema }),
    grants: (role) => [...runtimeGrants(role, schema), ...roleLimits(role)],
    held: (model, holder) => held(store, model, holder),
    revoke: (holder, more) => revoke(store, holder, more),
    async close() {
      for (const stop of stops.splice(0)) await stop();
      await close();
    },
  };
}
