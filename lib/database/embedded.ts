import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { gunzipSync } from 'node:zlib';

import type { Knex } from 'knex';

import { installed } from '../installed.ts';
import { unpackCluster, versionFile } from './cluster.ts';

/**
 * Flags that keep V8 from compiling WebAssembly a second time to optimise it: for Postgres' interpreter of expressions
 * that takes as much processor time as a whole start and 600 MB, and its statements are no faster afterwards.
 */
const v8Flags = ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering'];

/** Settings of the embedded Postgres. Its own shared buffers are 128 MB, which it clears at each start. */
const settings = ['-c', 'shared_buffers=16MB'];

/**
 * Opens a Postgres in this process.
 *
 * @param folder where it keeps its files, made when it holds none; empty for one in memory.
 * @throws {OperationalError} which package it needs that is not installed.
 */
export async function embedded(folder: string): Promise<Knex> {
  const [{ default: client }, { PGlite }, { dataDir }] = await installed('a database in this process', () =>
    Promise.all([import('knex-pglite'), import('@electric-sql/pglite'), import('@electric-sql/pglite-prepopulatedfs')]),
  );
  for (const flag of v8Flags) setFlagsFromString(flag);
  const startParams = [...PGlite.defaultStartParams, ...settings];
  const newCluster = async () => gunzipSync(await (await dataDir()).arrayBuffer());
  const onDisk = async () => {
    if (!existsSync(join(folder, versionFile))) unpackCluster(await newCluster(), folder);
    return new PGlite({ dataDir: folder, startParams });
  };
  const inMemory = async () =>
    new PGlite({ loadDataDir: new Blob([await newCluster()], { type: 'application/x-tar' }), startParams });
  const pglite = await (folder ? onDisk() : inMemory());
  const { default: knex } = await import('knex');
  return knex({ client, connection: { pglite } as Knex.StaticConnectionConfig });
}
