import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import type Provider from 'oidc-provider';

import type { Accounts } from '../accounts/accounts.ts';
import { listedAccounts } from '../accounts/listed.ts';
import { accountsModule } from '../accounts/module.ts';
import { storedAccounts } from '../accounts/stored.ts';
import { type Config, violationProblems } from '../config/load.ts';
import { ConfigError, OperationalError, ProfileViolationError } from '../errors.ts';
import { loadKeys } from '../keys/keys.ts';
import { Resources } from '../resources.ts';
import type { KnexAdapterFactory } from '../store/adapter.ts';
import { startPurge } from '../store/purge.ts';
import { gracefulStop } from './graceful_stop.ts';
import { logRequests } from './log_requests.ts';
import { openStore } from './open_store.ts';
import { createProvider } from './provider.ts';
import { type KeyPair, mutualTlsOptions, selfSigned, serverOptions } from './tls.ts';

/** A provider that answers. */
export interface RunningServer {
  readonly issuer: string;
  /** Where the listener for everyone is reached on this machine. */
  readonly url: string;
  /** Where the listener that asks for client certificates is reached on this machine. */
  readonly mtlsUrl: string | undefined;
  readonly provider: Provider;
  readonly adapter: KnexAdapterFactory;
  /** Takes no new connections, lets requests under way end, then closes the database. */
  close(): Promise<void>;
}

async function accountsOf({ accounts }: Config, adapter: KnexAdapterFactory): Promise<Accounts> {
  return Array.isArray(accounts)
    ? listedAccounts(accounts, storedAccounts(adapter('Account')))
    : accountsModule((accounts as { module: string }).module);
}

async function readPair(files: { cert: string; key: string } | undefined): Promise<KeyPair | undefined> {
  return files && { cert: await readFile(files.cert, 'utf8'), key: await readFile(files.key, 'utf8') };
}

/** PEM files hold several certificates one after the other. */
async function readAuthorities(file: string | undefined): Promise<string[]> {
  const text = file ? await readFile(file, 'utf8') : '';
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

const unavailable: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process does, stop it or write another port',
  EADDRNOTAVAIL: 'this machine has no such address, write another host',
  EACCES: 'this user may not, write a port above 1023',
};
const advice = ({ code = '', message }: NodeJS.ErrnoException): string =>
  [code, unavailable[code] ?? message].join(', ');

async function listen(server: Server, host: string, port: number, resources: Resources): Promise<number> {
  // Longer than clients and load balancers keep a connection, so that it is they who close it, and no request is lost.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new OperationalError(`cannot listen on ${host}:${port}: ${advice(error)}`, { cause: error })),
    );
    server.listen(port, host, resolve);
  });
  resources.add(gracefulStop(server), (stop) => stop());
  return (server.address() as AddressInfo).port;
}

/** One listener for everyone, one that asks for client certificates; behind a proxy that ends TLS, one plain listener. */
async function startListeners(config: Config, provider: Provider, resources: Resources) {
  const { listen: everyone, mtls } = config;
  const handler = provider.callback();
  const hosts = [new URL(config.issuer).hostname, ...(mtls ? [new URL(mtls.url).hostname] : [])];
  const pair = config.proxy ? undefined : ((await readPair(everyone.tls)) ?? (await selfSigned(hosts)));
  const server = pair ? createServer(serverOptions(pair), handler) : createHttpServer(handler);
  const url = new URL(`${pair ? 'https' : 'http'}://${everyone.host}`);
  url.port = String(await listen(server, everyone.host, everyone.port, resources));
  if (mtls?.port === undefined || !pair) return { url: url.origin, mtlsUrl: undefined };
  const mutual = createServer(mutualTlsOptions((await readPair(mtls.tls)) ?? pair), handler);
  const mtlsUrl = new URL(url);
  mtlsUrl.port = String(await listen(mutual, everyone.host, mtls.port, resources));
  return { url: url.origin, mtlsUrl: mtlsUrl.origin };
}

/**
 * Starts the provider a configuration describes.
 *
 * @throws {ConfigError} when the configuration is outside its profile: every violation, at its place in the file.
 * @throws {OperationalError} when the database or a port cannot be had.
 */
export async function startServer(config: Config): Promise<RunningServer> {
  const resources = new Resources();
  try {
    const adapter = await openStore(config, resources);
    const parts = {
      adapter,
      accounts: await accountsOf(config, adapter),
      keys: await loadKeys(adapter.kept, config.keys?.jwks),
      authorities: await readAuthorities(config.mtls?.ca),
    };
    const provider = createProvider(config, parts);
    logRequests(provider);
    resources.add(startPurge(adapter.store.knex, config.database.purge), (stop) => stop());
    const urls = await startListeners(config, provider, resources);
    return { issuer: config.issuer, ...urls, provider, adapter, close: () => resources.close() };
  } catch (error) {
    await resources.close();
    if (error instanceof ProfileViolationError) throw new ConfigError(violationProblems(config, error.violations));
    throw error;
  }
}
