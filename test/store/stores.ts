import { type Adapter, Provider } from 'oidc-provider';
import type { Opened } from '../../lib/contract/contract.ts';
import { openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { type KnexAdapterOptions, knexAdapter } from '../../lib/store/adapter.ts';
import { NaiveAdapter } from '../bench/naive_adapter.ts';
import { startPgBouncer } from '../support/pgbouncer.ts';
import { testDatabase } from '../support/postgres.ts';

export const encryption_keys = ['a key for tests that seals nothing worth it'].map((text) => Buffer.alloc(32, text));

const all =
  (...closings: (() => Promise<void> | void)[]) =>
  async () => {
    for (const close of closings) await close();
  };

/** Our adapter, and the same as another process has it. */
export async function openOurs(url: string, options: KnexAdapterOptions = {}): Promise<Required<Opened>> {
  const database = await openDatabase({ url });
  await migrate(database.knex);
  const peer = database.embedded ? database : await openDatabase({ url });
  return {
    adapter: knexAdapter(database.knex, { encryption_keys, ...options }),
    peer: knexAdapter(peer.knex, { encryption_keys, ...options }),
    async close() {
      await peer.close();
      if (peer !== database) await database.close();
    },
  };
}

export const onPglite = () => openOurs('pglite:');

export async function onPostgres(options: KnexAdapterOptions = {}): Promise<Opened> {
  const { url, drop } = await testDatabase();
  const opened = await openOurs(url, options);
  return { ...opened, close: all(opened.close, drop) };
}

/** Both processes behind the pooler, and the tables made past it. */
export async function behindPgBouncer(): Promise<Opened> {
  const { url, drop } = await testDatabase();
  const pooler = await startPgBouncer(url);
  const opened = await openOurs(pooler.url);
  return { ...opened, close: all(opened.close, pooler.stop, drop) };
}

/** What a provider keeps its rows in when nobody says where. */
export function inMemory(): Opened {
  const { BaseToken } = new Provider('https://as.example.com');
  // A model asks for the adapter of its class's name.
  return { adapter: (model) => ({ [model]: class extends BaseToken {} })[model]?.adapter as Adapter };
}

export async function onNaive(): Promise<Opened> {
  const { url, drop } = await testDatabase();
  const database = await openDatabase({ url });
  await NaiveAdapter.createTable(database.knex);
  const adapter = (model: string) => new NaiveAdapter(database.knex, model);
  return { adapter, peer: adapter, close: all(database.close, drop) };
}
