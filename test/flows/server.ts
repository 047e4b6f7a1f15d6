import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Config, loadConfig } from '../../lib/config/load.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import { type HttpsFetch, httpsFetch } from '../../lib/http/https_fetch.ts';
import type { Resources } from '../../lib/resources.ts';
import type { Extension } from '../../lib/server/extension.ts';
import { startServer } from '../../lib/server/server.ts';
import type { KeyPair } from '../../lib/server/tls.ts';
import type { KnexAdapterFactory } from '../../lib/store/adapter.ts';
import { databaseOf, migratedDatabase } from '../support/postgres.ts';
import { authority, clients, serverCertificate } from './clients.ts';

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

const fetches = new Map<string | Buffer | undefined, HttpsFetch>();

/**
 * A `fetch` that trusts this run's authority and nobody else, and shows a client's certificate where there is one. Whoever shows
 * the same certificate shares its connections.
 */
export function trustingFetch({ cert, key }: Partial<KeyPair> = {}): HttpsFetch {
  const made = fetches.get(cert) ?? httpsFetch({ ca: authority.certificate, ...(cert && key ? { cert, key } : {}) });
  fetches.set(cert, made);
  return made;
}

export interface FlowServerOptions {
  readonly profile?: Config['profile'];
  /** One of its own when absent. */
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

/** Addresses of a server on free ports but for the issuer's, on a certificate and a database. */
const addresses = async (port: number, tls: { readonly cert: string; readonly key: string }, database: string) => [
  `issuer=https://localhost:${port}`,
  `listen.port=${port}`,
  `listen.tls=${JSON.stringify(tls)}`,
  `mtls.port=${await freePort()}`,
  `database.url="${database}"`,
];

/** What puts the server of a shipped file on ports, a certificate and a database of this run, until these resources are closed. */
export async function placed(resources: Resources): Promise<string[]> {
  const folder = resources.add(await mkdtemp(join(tmpdir(), 'placed-')), (made) => rm(made, { recursive: true }));
  const file = join(folder, 'tls.pem');
  await writeFile(file, `${serverCertificate.key}\n${serverCertificate.cert}`);
  return addresses(await freePort(), { cert: file, key: file }, await databaseOf(resources));
}

/** What makes of the sample file this run's: its clients and certificates, on free ports. */
export async function configured(
  folder: string,
  options: FlowServerOptions & { readonly database: string },
): Promise<string[]> {
  const { profile = 'fapi2-security-profile', database, set = [] } = options;
  const files = {
    'ca.crt': authority.certificate,
    'tls.crt': serverCertificate.cert,
    'tls.key': serverCertificate.key,
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const port = options.port ?? (await freePort());
  const tls = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  const metadata = (options.clients ?? clients).map((client) => client.metadata);
  return [
    ...(await addresses(port, tls, database)),
    `profile=${profile}`,
    `mtls.ca=${join(folder, 'ca.crt')}`,
    `clients=${JSON.stringify(metadata)}`,
    ...set,
  ];
}

/** A server of one test file, in this process. */
export async function flowServer(options: FlowServerOptions = {}): Promise<OwnServer> {
  const folder = await mkdtemp(join(tmpdir(), 'flows-'));
  const own = options.database === undefined ? await migratedDatabase() : undefined;
  const database = options.database ?? own?.url ?? '';
  const config = await loadConfig(options.file ?? 'config/development.yaml', {
    set: await configured(folder, { ...options, database }),
  });
  const { adapter, close } = await startServer(config, options.given);
  return {
    adapter,
    profile: config.profile,
    issuer: config.issuer,
    mtls: config.mtls?.url ?? '',
    async close() {
      await close();
      await own?.drop();
      await rm(folder, { recursive: true });
    },
  };
}
