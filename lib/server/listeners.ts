import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import type Provider from 'oidc-provider';

import type { Config } from '../config/load.ts';
import { isSampleJwk } from '../config/sample.ts';
import { OperationalError } from '../errors.ts';
import { bareHost, urlHost } from '../http/address.ts';
import { mounted, pathOf } from '../http/mount.ts';
import type { Served } from '../management/health.ts';
import { packageFile } from '../package_file.ts';
import type { Resources } from '../resources.ts';
import { limitConnections, serverLimits } from './connection_limits.ts';
import { type DevelopmentCertificate, developmentCertificate, selfSigned } from './development_certificate.ts';
import { gracefulStop } from './graceful_stop.ts';
import { type KeyPair, mutualTlsOptions, serverOptions } from './tls.ts';

async function readPair(files: { cert: string; key: string } | undefined): Promise<KeyPair | undefined> {
  return files && { cert: await readFile(files.cert, 'utf8'), key: await readFile(files.key, 'utf8') };
}

const unavailable: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process does, stop it or write another port',
  EADDRNOTAVAIL: 'this machine has no such address, write another host',
  EACCES: 'this user may not, write a port above 1023',
};
const advice = ({ code = '', message }: NodeJS.ErrnoException): string =>
  [code, unavailable[code] ?? message].join(', ');

/** Listens, within the limits, until the resources are closed. @returns the port @throws {OperationalError} when it cannot be had */
export async function listen(
  server: Server,
  { limits, proxy }: Pick<Config, 'limits' | 'proxy'>,
  host: string,
  port: number,
  resources: Resources,
): Promise<number> {
  limitConnections(server, limits, proxy === undefined);
  // Longer than clients and load balancers keep a connection, so that it is they who close it, and no request is lost.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new OperationalError(`cannot listen on ${urlHost(host)}:${port}: ${advice(error)}`, { cause: error })),
    );
    server.listen(port, host, resolve);
  });
  resources.add(gracefulStop(server), (stop) => stop());
  return (server.address() as AddressInfo).port;
}

/** The private key of the sample clients as client libraries take it, where the file has such a client. */
async function writeSampleClient(folder: string, { clients }: Config): Promise<void> {
  const [sample] = clients.flatMap(({ jwks }) => (jwks?.keys ?? []).filter((jwk) => isSampleJwk(jwk)));
  const pem = sample && (await readFile(packageFile('config/sample/client.key'), 'utf8').catch(() => undefined));
  if (!pem) return;
  const jwk = { ...createPrivateKey(pem).export({ format: 'jwk' }), kid: sample.kid, alg: sample.alg, use: sample.use };
  await writeFile(join(folder, 'sample_client.jwk'), `${JSON.stringify(jwk, null, 2)}\n`);
}

/** Kept beside an embedded database's files, in ./data where the database is a server's, nowhere for one in memory. */
async function madeFor(config: Config, hosts: readonly string[]): Promise<DevelopmentCertificate> {
  const { url } = config.database;
  const data = url.startsWith('pglite:') ? url.slice('pglite:'.length) : './data';
  if (!data) return selfSigned(hosts);
  const folder = join(data, 'tls');
  const certificate = await developmentCertificate(folder, hosts);
  await writeSampleClient(folder, config);
  return certificate;
}

/** Notes a certificate as served. */
function note(certificates: Map<string, Served>, listener: string, { cert }: KeyPair): void {
  certificates.set(listener, { listener, certificate: new X509Certificate(cert) });
}

/** One listener for everyone, one that asks for client certificates; behind a proxy that ends TLS, one plain listener. */
export async function startListeners(
  config: Config,
  provider: Provider,
  resources: Resources,
  certificates: Map<string, Served> = new Map(),
) {
  const { listen: everyone, mtls } = config;
  const host = bareHost(everyone.host);
  const handler = mounted(provider.callback(), pathOf(config.issuer));
  const bounds = serverLimits(config.limits);
  const hosts = [config.issuer, ...(mtls ? [mtls.url] : [])].map((url) => bareHost(new URL(url).hostname));
  const written = await readPair(everyone.tls);
  const made = config.proxy || written ? undefined : await madeFor(config, hosts);
  const pair = written ?? made;
  const options = everyone.client_certificate ? mutualTlsOptions : serverOptions;
  const server = pair ? createServer({ ...options(pair), ...bounds }, handler) : createHttpServer(bounds, handler);
  if (pair) note(certificates, 'listen', pair);
  const url = new URL(`${pair ? 'https' : 'http'}://${urlHost(host)}`);
  url.port = String(await listen(server, config, host, everyone.port, resources));
  if (mtls?.port === undefined || !pair) return { url: url.origin, mtlsUrl: undefined, certificate: made };
  const mutualPair = (await readPair(mtls.tls)) ?? pair;
  note(certificates, 'mtls', mutualPair);
  const mutual = createServer({ ...mutualTlsOptions(mutualPair), ...bounds }, handler);
  const mtlsUrl = new URL(url);
  mtlsUrl.port = String(await listen(mutual, config, host, mtls.port, resources));
  return { url: url.origin, mtlsUrl: mtlsUrl.origin, certificate: made };
}
