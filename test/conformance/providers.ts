import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { loadConfig } from '../../lib/config/load.ts';
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

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** The product's own command line; what it says is kept in a file. */
function command(log: string, ...args: string[]): Child {
  const argv = ['--disable-warning=ExperimentalWarning', cli, ...args];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const file = createWriteStream(log);
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  return child;
}

/** Waits until a process says these words, or without them for its good end; a bad end is told in its own last words. */
async function done(child: Child, words?: string): Promise<void> {
  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors = (errors + chunk).slice(-10_000);
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      output = (output + chunk).slice(-10_000);
      if (words && output.includes(words)) resolve();
    });
    child.once('close', (code) => {
      if (code === 0 && !words) resolve();
      else reject(new OperationalError(errors.trim().replace(/^\S+: /, 'the provider: ')));
    });
  });
}

async function stop(child: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}

/** Hands connections, as they come, to one port after the other: TLS ends at the provider. */
async function roundRobin(host: string, port: number, ports: readonly number[], resources: Resources): Promise<void> {
  let next = 0;
  const server = createServer((client) => {
    const upstream = connect(ports[next++ % ports.length] as number, host);
    client.pipe(upstream).pipe(client);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new OperationalError(`cannot listen on ${host}:${port}: ${error.message}`)));
    server.listen(port, host, resolve);
  });
  resources.add(server, () => server.close());
}

/** The port of a process, counted from 1, behind an address: further away than the addresses of the providers are from each other. */
export const ownPort = (address: number, process: number): number => address + 1000 * process;

/** Starts a written configuration as anyone would, in a process of its own or in several behind one address. */
export async function startProvider(name: ProviderName, running: Running, resources: Resources): Promise<void> {
  const { directory, processes, database } = running;
  const file = join(directory, `${name}.yaml`);
  const set: Record<string, unknown> = database
    ? { 'database.url': database, 'database.schema': name.replaceAll('-', '_') }
    : {};
  const flags = (more: Record<string, unknown>) =>
    Object.entries({ ...set, ...more }).flatMap(([path, value]) => ['--set', `${path}=${value}`]);
  if (database) {
    const migration = command(join(directory, `${name}-migrate.log`), 'migrate', 'up', '--config', file, ...flags({}));
    await done(migration);
  }
  const serve = async (suffix: string, more: Record<string, unknown>) => {
    const child = command(join(directory, `${name}${suffix}.log`), 'serve', '--config', file, ...flags(more));
    resources.add(child, stop);
    await done(child, 'listening on');
  };
  if (processes === 1) return serve('', {});

  const { listen, mtls } = await loadConfig(file);
  const numbers = Array.from({ length: processes }, (_, index) => index + 1);
  const addresses = [listen.port, mtls?.port ?? 0] as const;
  const own = (port: number) => numbers.map((number) => ownPort(port, number));
  for (const number of numbers) {
    // The addresses that clients know stay the balancer's; only where a process listens is its own.
    const [port, mutual] = addresses.map((address) => own(address)[number - 1]);
    await serve(`-${number}`, { 'listen.port': port, 'mtls.port': mutual, 'mtls.url': mtls?.url });
  }
  for (const port of addresses) await roundRobin(listen.host, port, own(port), resources);
}
