import { readFile } from 'node:fs/promises';

import type { Config } from '../config/load.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { migrate, schemaStatus } from '../database/schema.ts';
import type { Resources } from '../resources.ts';
import { retentionFor } from '../store/models.ts';
import { type OidcStore, openStore } from '../store/open_store.ts';

/**
 * Opens the configured database, whatever its schema.
 *
 * @throws {OperationalError} when it does not answer.
 */
export async function openConfiguredDatabase(settings: Config['database'], resources: Resources): Promise<Database> {
  const { ca, cert, key } = settings.tls ?? {};
  const tls = settings.tls && {
    ...(ca && { ca: await readFile(ca) }),
    ...(cert && { cert: await readFile(cert) }),
    ...(key && { key: await readFile(key) }),
  };
  return resources.add(await openDatabase({ ...settings, tls }), ({ close }) => close());
}

/**
 * Opens the configured store for use: an embedded database is migrated, a server's has to be current already.
 *
 * @throws {OperationalError} with everything that is wrong with the database.
 */
export async function openConfiguredStore(
  { database, ttl, issuer }: Pick<Config, 'database' | 'ttl' | 'issuer'>,
  resources: Resources,
): Promise<OidcStore> {
  const { knex, embedded } = await openConfiguredDatabase(database, resources);
  if (embedded && (await schemaStatus(knex)) === 'behind') await migrate(knex);
  const options = { ...database, issuer, retention: retentionFor(ttl) };
  const store = resources.add(await openStore({ ...options, database: knex }), ({ close }) => close());
  await store.ready();
  return store;
}
