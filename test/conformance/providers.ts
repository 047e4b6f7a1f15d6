import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:https';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { loadConfig } from '../../lib/config.ts';
import { OperationalError } from '../../lib/errors.ts';
import type { Resources } from '../../lib/resources.ts';
import type { ProviderName } from './plans.ts';

const cli = fileURLToPath(new URL('../../lib/cli.ts', import.meta.url));

/** How the provider under test runs. */
export interface Running {
  readonly directory: string;
  /** More than one share a database and stand behind one address. */
  readonly processes: number;
  /** A Postgres; an embedded one, on disk, when left out. */
  readonly database?: string | undefined;
}

const command = (...args: string[]): ChildProcess =>
  spawn(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });

/** Answers when the provider does; fails with its own words when it ends instead. */
async function answered(child: ChildProcess, url: string, host: string, errors: Promise<string>): Promise<void> {
  const ended = once(child, 'exit').then(async () => {
    throw new OperationalError(`the provider did not start: ${(await errors).trim()}`);
  });
  ended.catch(() => {});
  const asked = (): Promise<boolean> =>
    new Promise((resolve) => {
      request(url, { headers: { host }, rejectUnauthorized: false }, (response) =>
        resolve(response.resume().statusCode === 200),
      )
        .on('error', () => resolve(false))
        .end();
    });
  while (!(await Promise.race([asked(), ended]))) await Promise.race([delay(100), ended]);
}

/** Hands connections, as they come, to one port after the other: TLS ends at the provider. */
async function roundRobin(port: number, host: string, ports: readonly number[]): Promise<Server> {
  let next = 0;
  const server = createServer((client) => {
    const upstream = connect(ports[next++ % ports.length] as number, host);
    client.pipe(upstream).pipe(client);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

/** Starts a written configuration as anyone would, in a process of its own or in several behind one address. */
export async function startProvider(name: ProviderName, running: Running, resources: Resources): Promise<void> {
  const file = join(running.directory, `${name}.yaml`);
  const { issuer, listen, mtls } = await loadConfig(file);
  const database = running.database
    ? ['--set', `database.url=${running.database}`, '--set', `database.schema=${name.replaceAll('-', '_')}`]
    : [];
  if (running.database) await migrate(file, database);
  const ports: [number, number][] = [];
  for (let number = 1; number <= running.processes; number++) {
    // The address that clients know stays the balancer's; only where the processes listen is their own.
    const own: [number, number] = [listen.port + 100 * number, (mtls?.port ?? 0) + 100 * number];
    const apart = ['--set', `listen.port=${own[0]}`, '--set', `mtls.port=${own[1]}`, '--set', `mtls.url=${mtls?.url}`];
    const child = command('serve', '--config', file, ...database, ...(running.processes > 1 ? apart : []));
    const errors = text(child.stderr as NonNullable<typeof child.stderr>);
    resources.add(child, () => stop(child));
    const port = running.processes > 1 ? own[0] : listen.port;
    await answered(
      child,
      `https://${listen.host}:${port}/.well-known/openid-configuration`,
      new URL(issuer).host,
      errors,
    );
    ports.push(own);
  }
  if (running.processes === 1) return;
  for (const [index, port] of [listen.port, mtls?.port ?? 0].entries()) {
    const balancer = await roundRobin(
      port,
      listen.host,
      ports.map((pair) => pair[index] as number),
    );
    resources.add(balancer, () => balancer.close());
  }
}

async function migrate(file: string, database: readonly string[]): Promise<void> {
  const child = command('migrate', 'up', '--config', file, ...database);
  const errors = text(child.stderr as NonNullable<typeof child.stderr>);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new OperationalError(`the database could not be migrated: ${(await errors).trim()}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}
