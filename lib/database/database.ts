import type { ConnectionOptions } from 'node:tls';

import type { Knex } from 'knex';

import { OperationalError } from '../errors.ts';
import { databaseName, redacted } from '../redact.ts';
import { presets } from '../settings.ts';
import { lockDirectory } from './directory_lock.ts';
import { embedded } from './embedded.ts';
import { databaseSettings } from './settings.ts';
import { databaseUrlFault } from './url.ts';

/** A database: an address, and how it is reached. */
export interface DatabaseOptions {
  /** `postgres://...` a server; `pglite:./data` an embedded Postgres on disk; `pglite:` one in memory. */
  readonly url: string;
  /** Connections to keep at most. Requests share statements, so a few serve many requests. */
  readonly pool_size?: number | undefined;
  /** Database schema of the tables; the search path decides when it is absent. */
  readonly schema?: string | undefined;
  /** TLS to the server: `true` checks its certificate against the system's authorities, `{ ca }` against this one. */
  readonly tls?: boolean | ConnectionOptions | undefined;
}

/** An open database. */
export interface Database {
  readonly knex: Knex;
  /** True when the database lives in this process: nobody else can reach it, or migrate it. */
  readonly embedded: boolean;
  close(): Promise<void>;
}

async function server({ url, pool_size = presets(databaseSettings).pool_size, tls }: DatabaseOptions): Promise<Knex> {
  const { default: knex } = await import('knex');
  return knex({
    client: 'pg',
    connection: {
      connectionString: url,
      ...(tls === undefined ? {} : { ssl: tls }),
      application_name: 'oidc-provider-fapi',
      keepAlive: true,
      connectionTimeoutMillis: 5000,
    },
    pool: { min: Math.min(2, pool_size), max: pool_size },
    acquireConnectionTimeout: 5000,
    // What knex has to say about a connection is in the error it throws, and that one is logged.
    log: { warn() {}, error() {}, debug() {} },
  });
}

/**
 * Opens the database and asks it for a sign of life.
 *
 * @param options `url` is `pglite:` (in memory), `pglite:./folder` or `postgres://...`.
 * @throws {OperationalError} which database, and why it does not answer; never with its password.
 * @example
 * const { knex, close } = await openDatabase({ url: 'pglite:./data' });
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const fault = databaseUrlFault(options.url);
  if (fault) throw new OperationalError(`the URL of the database ${fault}`);
  const isEmbedded = options.url.startsWith('pglite:');
  const directory = isEmbedded ? options.url.slice('pglite:'.length) : '';
  const unlock = directory ? await lockDirectory(directory) : undefined;
  const opened = await (isEmbedded ? embedded(directory) : server(options));
  const database = opened.withUserParams({ schema: options.schema });
  try {
    await database.raw('select 1');
  } catch (cause) {
    await database.destroy().catch(() => {});
    await unlock?.();
    const { message, code } = cause as NodeJS.ErrnoException;
    throw new OperationalError(
      `database ${databaseName(options.url)} does not answer: ${redacted(message || `${code}`)}`,
      { cause },
    );
  }
  const close = async () => {
    await database.destroy();
    await unlock?.();
  };
  return { knex: database, embedded: isEmbedded, close };
}
