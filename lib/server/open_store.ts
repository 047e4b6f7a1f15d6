import { readFile } from 'node:fs/promises';

import type { Config } from '../config/load.ts';
import { clockOffset, judgeClock, tellClock } from '../database/clock.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { migrate, schemaStatus } from '../database/schema.ts';
import { OperationalError } from '../errors.ts';
import { log } from '../log.ts';
import type { Resources } from '../resources.ts';
import { type KnexAdapterFactory, knexAdapter } from '../store/adapter.ts';
import { retentionFor } from '../store/models.ts';

/**
 * Opens the configured database, whatever its schema.
 *
 * @throws {OperationalError} when it does not answer.
 */
export async function openConfigured(settings: Config['database'], resources: Resources): Promise<Database> {
  const { ca, cert, key } = settings.tls ?? {};
  const tls = settings.tls && {
    ...(ca && { ca: await readFile(ca) }),
    ...(cert && { cert: await readFile(cert) }),
    ...(key && { key: await readFile(key) }),
  };
  return resources.add(await openDatabase({ ...settings, tls }), ({ close }) => close());
}

/**
 * Opens the configured database for use: an embedded one is migrated, a server's has to be current already.
 *
 * @throws {OperationalError} when it does not answer, or has another schema than this version knows.
 */
export async function openStore(
  { database, ttl }: Pick<Config, 'database' | 'ttl'>,
  resources: Resources,
): Promise<KnexAdapterFactory> {
  const { knex, embedded } = await openConfigured(database, resources);
  const status = await schemaStatus(knex);
  if (status === 'behind' && embedded) {
    await migrate(knex);
  } else if (status === 'ahead, compatible') {
    log.warn('a later version has migrated the database; what it added is not needed here');
  } else if (status !== 'current') {
    const remedy = status === 'behind' ? 'run `oidc-provider-fapi migrate up`' : 'run a version that knows it';
    throw new OperationalError(`the database schema is ${status} of this version: ${remedy}`);
  }
  const offset = await clockOffset(knex);
  judgeClock(offset);
  tellClock(offset);
  return knexAdapter(knex, { ...database, retention: retentionFor(ttl) });
}
