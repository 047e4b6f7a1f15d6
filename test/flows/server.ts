import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Config, loadConfig } from '../../lib/config/load.ts';
import { openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import { httpsFetch } from '../../lib/http/https_fetch.ts';
import type { Extension } from '../../lib/server/extension.ts';
import { startServer } from '../../lib/server/server.ts';
import type { KeyPair } from '../../lib/server/tls.ts';
import type { KnexAdapterFactory } from '../../lib/store/adapter.ts';
import { testDatabase } from '../support/postgres.ts';
import { authority, clients, serverCertificate } from './clients.ts';

export const person = { login: 'demo', password: 'demo' };

/** A server of the product, and how its store is reached. */
export interface OwnServer extends FlowServer {
  readonly adapter: KnexAdapterFactory;
}

export interface FlowServer {
  readonly profile: Config['profile'];
  readonly issuer: string;
  /** Base URL of the listener that asks for client certificates. */
  readonly mtls: string;
  close(): Promise<void>;
}

/** A `fetch` that trusts this run's authority and nobody else, and shows a client's certificate where there is one. */
export const trustingFetch = ({ cert, key }: Partial<KeyPair> = {}) =>
  httpsFetch({ ca: authority.certificate, ...(cert && key ? { cert, key } : {}) });

export interface FlowServerOptions {
  readonly profile?: Config['profile'];
  readonly database?: string;
  readonly clients?: readonly { readonly metadata: object }[];
  /** The issuer's port; a free one when absent. */
  readonly port?: number;
  /** A shipped configuration file other than the sample one. */
  readonly file?: string;
  /** `path=value` for the configuration file. */
  readonly set?: readonly string[];
  /** The deployment's own part, in code. */
  readonly given?: Extension;
}

export interface FlowDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** A database of its own on a Postgres server, with the schema of this version. */
export async function migratedDatabase(): Promise<FlowDatabase> {
  const made = await testDatabase();
  const { knex, close } = await openDatabase({ url: made.url });
  await migrate(knex);
  await close();
  return made;
}

/** What makes of the sample file this run's: its clients and certificates, on free ports. */
export async function configured(folder: string, options: FlowServerOptions = {}): Promise<string[]> {
  const { profile = 'fapi2-security-profile', database = 'pglite:', set = [] } = options;
  const files = {
    'ca.crt': authority.certificate,
    'tls.crt': serverCertificate.cert,
    'tls.key': serverCertificate.key,
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const [port, mtlsPort] = [options.port ?? (await freePort()), await freePort()];
  const metadata = (options.clients ?? clients).map((client) => client.metadata);
  return [
    `issuer=https://localhost:${port}`,
    `profile=${profile}`,
    `listen.port=${port}`,
    `listen.tls=${JSON.stringify({ cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') })}`,
    `mtls.port=${mtlsPort}`,
    `mtls.ca=${join(folder, 'ca.crt')}`,
    `database.url="${database}"`,
    `clients=${JSON.stringify(metadata)}`,
    ...set,
  ];
}

/** A server of one test file, in this process. */
export async function flowServer(options: FlowServerOptions = {}): Promise<OwnServer> {
  const folder = await mkdtemp(join(tmpdir(), 'flows-'));
  const config = await loadConfig(options.file ?? 'config/development.yaml', {
    set: await configured(folder, options),
  });
  const { adapter, close } = await startServer(config, options.given);
  return {
    adapter,
    profile: config.profile,
    issuer: config.issuer,
    mtls: config.mtls?.url ?? '',
    async close() {
      await close();
      await rm(folder, { recursive: true });
    },
  };
}
