import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import pg from 'pg';

/** A Postgres of our own, that can be killed and started again, and whose processor time is nobody else's. */
export class PostgresServer {
  readonly #folder: string;
  readonly #port: number;
  #process: ChildProcess | undefined;
  #databases = 0;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
  }

  static async create(): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
    if (account) chownSync(folder, account.uid, account.gid);
    const made = spawnSync(
      join(binaries, 'initdb'),
      ['-D', folder, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--no-locale'],
      {
        ...account,
        encoding: 'utf8',
      },
    );
    if (made.status !== 0) throw new Error(`initdb: ${made.stderr ?? made.error}`);
    const server = new PostgresServer(folder, await freePort());
    await server.start();
    return server;
  }

  get url(): string {
    return `postgres://bench@127.0.0.1:${this.#port}/postgres`;
  }

  get port(): number {
    return this.#port;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  async createDatabase(): Promise<string> {
    const name = `bench_${++this.#databases}`;
    const client = new pg.Client(this.url);
    await client.connect();
    await client.query(`create database ${name}`);
    await client.end();
    return this.url.replace(/postgres$/, name);
  }

  /** Durability as it is out of the box (`fsync` and `synchronous_commit` on): a figure without it would be a lie. */
  async start(): Promise<void> {
    const settings = {
      port: this.#port,
      unix_socket_directories: '',
      listen_addresses: '127.0.0.1',
      shared_buffers: '256MB',
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.#process = spawn(join(binaries, 'postgres'), ['-D', this.#folder, ...options], {
      ...account,
      stdio: 'ignore',
    });
    for (let tries = 0; tries < 600; tries++) {
      if (spawnSync(join(binaries, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', `${this.#port}`]).status === 0)
        return;
      await delay(50);
    }
    throw new Error('Postgres did not start');
  }

  /** `SIGQUIT` is Postgres's immediate stop: no checkpoint, recovery at the next start. */
  async stop(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL' = 'SIGINT'): Promise<void> {
    const stopped = this.#process;
    if (!stopped || stopped.exitCode !== null || stopped.signalCode !== null) return;
    const exited = once(stopped, 'exit');
    stopped.kill(signal);
    await exited;
  }

  async remove(): Promise<void> {
    await this.stop('SIGQUIT');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const debian = '/usr/lib/postgresql';
const binaries = findBinaries();
/** Postgres refuses to run as root. */
const account = process.getuid?.() === 0 ? unprivileged() : undefined;

function findBinaries(): string {
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions.map((version) => join(debian, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
  return found ?? execFileSync('pg_config', ['--bindir'], { encoding: 'utf8' }).trim();
}

function unprivileged(): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
