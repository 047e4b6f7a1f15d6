import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { stringify } from 'yaml';

import { judge } from '../../lib/commands/judge.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import { type RunningServer, startServer } from '../../lib/server/server.ts';
import type { KeyPair } from '../../lib/server/tls.ts';
import { CertificateAuthority } from './certificates.ts';
import { migratedDatabase, type TestDatabase } from './postgres.ts';
import { RawClient } from './raw_client.ts';

/** A server whose files lie in a folder of its own, to be changed while it serves. */
export class Reloadable {
  readonly authority: CertificateAuthority;
  readonly client: RawClient;
  readonly folder: string;
  readonly #database: TestDatabase;
  readonly #settings: Record<string, unknown>;
  #server: RunningServer | undefined;

  private constructor(
    folder: string,
    client: RawClient,
    authority: CertificateAuthority,
    database: TestDatabase,
    settings: Record<string, unknown>,
  ) {
    this.folder = folder;
    this.client = client;
    this.authority = authority;
    this.#database = database;
    this.#settings = settings;
  }

  static async write(own: Record<string, unknown> = {}): Promise<Reloadable> {
    const folder = await mkdtemp(join(tmpdir(), 'reload-'));
    const [port, mtlsPort, database] = [await freePort(), await freePort(), await migratedDatabase()];
    const client = await RawClient.create(`https://localhost:${port}`);
    const authority = await CertificateAuthority.root();
    const made = new Reloadable(folder, client, authority, database, {
      issuer: client.issuer,
      development: true,
      listen: { port, tls: { cert: 'tls.crt', key: 'tls.key' } },
      mtls: { port: mtlsPort, ca: 'ca.crt' },
      database: { url: database.url },
      accounts: [{ login: 'demo', password: 'demo' }],
      clients: 'clients.yaml',
      ...own,
    });
    await made.put('ca.crt', authority.certificate);
    await made.certify(await made.pair());
    await made.put('clients.yaml', stringify([client.metadata]));
    await made.configure({});
    return made;
  }

  static async start(own: Record<string, unknown> = {}): Promise<Reloadable> {
    const made = await Reloadable.write(own);
    await made.start();
    return made;
  }

  async start(): Promise<void> {
    this.#server = await startServer(await loadConfig(this.file, { judge }));
  }

  get server(): RunningServer {
    if (!this.#server) throw new Error('not started');
    return this.#server;
  }

  get file(): string {
    return join(this.folder, 'as.yaml');
  }

  /** A certificate for the server, of the authority. */
  pair(notAfter?: Date): Promise<KeyPair> {
    const san = [{ type: 'dns' as const, value: 'localhost' }];
    return this.authority.issue({ subject: 'CN=localhost', san, usages: null, ...(notAfter && { notAfter }) });
  }

  /** Writes the configuration, with something else in it. */
  configure(changed: Record<string, unknown>): Promise<void> {
    Object.assign(this.#settings, changed);
    return this.put('as.yaml', stringify(this.#settings));
  }

  async certify({ cert, key }: KeyPair): Promise<void> {
    await this.put('tls.crt', cert);
    await this.put('tls.key', key);
  }

  /** Replaces a file as a whole. */
  async put(name: string, text: string): Promise<void> {
    await writeFile(join(this.folder, `.${name}`), text);
    await rename(join(this.folder, `.${name}`), join(this.folder, name));
  }

  async close(): Promise<void> {
    await this.#server?.close();
    await this.#database.drop();
    await rm(this.folder, { recursive: true });
  }
}
