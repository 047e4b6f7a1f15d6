import cluster from 'node:cluster';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Adapter } from 'oidc-provider';

import { type Config, filesOf, loadConfig } from '../../lib/config/load.ts';
import { openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { loadKeys } from '../../lib/keys/keys.ts';
import { createProvider } from '../../lib/server/provider.ts';
import { type RunningServer, startServer } from '../../lib/server/server.ts';
import { Workers } from '../../lib/server/workers.ts';
import * as accounts from './accounts.ts';
import { detailType, issuer, metadata } from './client.ts';
import {
  encryptionKey,
  oursByOneWorker,
  oursByTwoWorkers,
  oursReloading,
  oursRotating,
  oursWithMetrics,
  oursWithoutTrail,
  type Start,
} from './subjects.ts';

const detail = {
  schema: {
    required: ['amount'],
    properties: {
      amount: { type: 'string', pattern: '^\\d+\\.\\d\\d$' },
      reference: { type: 'string', maxLength: 140 },
    },
  },
};

/** Processes of a subject that is started as `workers` says. */
const workersOf = new Map<Start['subject'], number>([
  [oursByOneWorker, 1],
  [oursByTwoWorkers, 2],
]);

/** The configuration a deployment behind a proxy that ends TLS would write; with `tls` one without a proxy. */
async function configuration({ subject, key, database_url, port = 0, tls }: Start): Promise<Config> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const written = (name: string, content: string) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const file = written(
    'as.yaml',
    JSON.stringify({
      issuer,
      listen: {
        host: '127.0.0.1',
        port,
        ...(tls && { tls: { cert: written('tls.crt', tls.cert), key: written('tls.key', tls.key) } }),
      },
      ...(!tls && { proxy: { trusted: ['127.0.0.1'] } }),
      database: { url: database_url, encryption_keys: [encryptionKey] },
      audit: { database: subject !== oursWithoutTrail },
      ...(subject === oursWithMetrics && { management: { host: '127.0.0.1', port: 0 } }),
      ...(subject === oursRotating && { keys: { rotate_every: '2s', max_age: 1 } }),
      clients: [metadata(key)],
      resources: [{ identifier: 'https://api.bench.test' }],
      authorization_details: { types: { [detailType]: detail }, max_entries: 10_000 },
      accounts: { module: join(import.meta.dirname, 'accounts.ts') },
    }),
  );
  const config = await loadConfig(file);
  if (tls || subject === oursReloading || workersOf.has(subject))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  else rmSync(folder, { recursive: true });
  return config;
}

/** Changes the file, which the server then reads again and makes another provider of. */
async function reread(file: string, server: RunningServer): Promise<void> {
  const settings = JSON.parse(readFileSync(file, 'utf8'));
  const access_token = settings.ttl?.access_token === 299 ? 300 : 299;
  writeFileSync(file, JSON.stringify({ ...settings, ttl: { access_token } }));
  if (!(await server.reload())) throw new Error('the file was not taken');
}

/** Processes that share one listener, as `serve` starts them. */
async function startWorkers(count: number, file: string): Promise<number> {
  const exec = join(import.meta.dirname, '../../lib/cli.ts');
  cluster.setupPrimary({ exec, args: ['serve', '--config', file], silent: true });
  const reached = await new Workers(count).start();
  if ('code' in reached) throw new Error(`a worker ended with ${reached.code}`);
  return Number(new URL(reached.url).port);
}

/** The whole server as it is started by its command. */
export async function startProduct(start: Start): Promise<number> {
  const database = await openDatabase({ url: start.database_url });
  await migrate(database.knex);
  await database.close();
  const config = await configuration(start);
  const workers = workersOf.get(start.subject);
  if (workers !== undefined) return startWorkers(workers, filesOf(config)[0] ?? '');
  const server = await startServer(config);
  if (start.subject === oursReloading) setInterval(() => void reread(filesOf(config)[0] ?? '', server), 2000).unref();
  return Number(new URL(server.url).port);
}

interface MemoryAdapter extends Adapter {
  unique(id: string, expiresAt: number): Promise<boolean>;
}

/** The same provider on core's in-memory store, which is given what it lacks: a decision of who is first. */
export async function productInMemory(start: Start): Promise<RequestListener> {
  const core = 'oidc-provider/lib/adapters/memory_adapter.js';
  const { createMemoryAdapter } = await import(core);
  const makeAdapter: (model: string) => MemoryAdapter = createMemoryAdapter();
  const seen = new Set<string>();
  const provider = await createProvider(await configuration(start), {
    adapter: (model) => {
      const adapter = makeAdapter(model);
      adapter.unique = async (id, expiresAt) => {
        if (seen.has(id)) return false;
        seen.add(id);
        await adapter.upsert(id, { exp: expiresAt }, expiresAt - Math.floor(Date.now() / 1000));
        return true;
      };
      return adapter;
    },
    accounts,
    keys: await loadKeys(async (_name, make) => await make()),
    authorities: [],
  });
  return provider.callback();
}
