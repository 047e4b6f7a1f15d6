import { spawn, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freePort } from '../../lib/demo/free_port.ts';
import { ended } from './ended.ts';
import { query, serverFolder, unprivileged } from './postgres.ts';
import { succeeds, until } from './until.ts';

export const hasPgBouncer = spawnSync('pgbouncer', ['--version']).status === 0;

/** PgBouncer in transaction mode before a database: two connections of its own for however many come in. */
export async function startPgBouncer(database_url: string): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = serverFolder('pgbouncer');
  const port = await freePort();
  const { hostname, port: behind, pathname, username, password } = new URL(database_url);
  const database = pathname.slice(1);
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: 'transaction',
    default_pool_size: 2,
  };
  const server = `host=${hostname} port=${behind || 5432} dbname=${database} user=${username}${password && ` password=${password}`}`;
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  writeFileSync(
    join(folder, 'pgbouncer.ini'),
    `[databases]\n${database} = ${server}\n[pgbouncer]\n${lines.join('\n')}\n`,
  );
  const child = spawn('pgbouncer', [join(folder, 'pgbouncer.ini')], { ...unprivileged, stdio: 'ignore' });
  child.unref();
  const url = `postgres://${username}@127.0.0.1:${port}/${database}`;
  await until(() => succeeds(query(url, 'select 1')), 50);
  return {
    url,
    async stop() {
      child.kill('SIGINT');
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
