import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';

import type { Config } from '../config/load.ts';
import { isSampleJwk } from '../config/sample.ts';
import { OperationalError } from '../errors.ts';
import { bareHost, urlHost } from '../http/address.ts';
import type { Served } from '../management/health.ts';
import { packageFile } from '../package_file.ts';
import type { Resources } from '../resources.ts';
import { limitConnections, serverLimits } from './connection_limits.ts';
import {
  certificateFolder,
  type DevelopmentCertificate,
  developmentCertificate,
  selfSigned,
} from './development_certificate.ts';
import { gracefulStop } from './graceful_stop.ts';
import { type KeyPair, type ListenerTls, mutualTlsOptions, serverOptions } from './tls.ts';

async function readPair(files: ListenerTls | undefined): Promise<ListenerTls | undefined> {
  return files && { ...files, cert: await readFile(files.cert, 'utf8'), key: await readFile(files.key, 'utf8') };
}

const unavailable: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process does, stop it or write another port',
  EADDRNOTAVAIL: 'this machine has no such address, write another host',
  EACCES: 'this user may not, write a port above 1023',
};
const advice = ({ code = '', message }: NodeJS.ErrnoException): string =>
  [code, unavailable[code] ?? message].join(', ');

/**
 * Listens, within the limits, until the resources are closed.
 *
 * @returns the port
 * @throws {OperationalError} when it cannot be had.
 */
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

/** Writes the private key of the sample clients as client libraries take it, where the file has such a client. */
async function writeSampleClient(folder: string, { clients }: Config): Promise<void> {
  const [sample] = clients.flatMap(({ jwks }) => (jwks?.keys ?? []).filter((jwk) => isSampleJwk(jwk)));
  const pem = sample && (await readFile(packageFile('config/sample/client.key'), 'utf8').catch(() => undefined));
  if (!pem) return;
  const jwk = { ...createPrivateKey(pem).export({ format: 'jwk' }), kid: sample.kid, alg: sample.alg, use: sample.use };
  await writeFile(join(folder, 'sample_client.jwk'), `${JSON.stringify(jwk, null, 2)}\n`);
}

/**
 * Makes the certificate of a development server. It is kept beside an embedded database's files, in ./data where the
 * database is a server's, and nowhere for one in memory.
 */
async function madeFor(config: Config, hosts: readonly string[]): Promise<DevelopmentCertificate> {
  const folder = certificateFolder(config.database.url);
  if (!folder) return selfSigned(hosts);
  const certificate = await developmentCertificate(folder, hosts);
  await writeSampleClient(folder, config);
  return certificate;
}

/** Notes a certificate as served. */
function note(certificates: Map<string, Served>, listener: string, { cert }: KeyPair): void {
  certificates.set(listener, { listener, certificate: new X509Certificate(cert) });
}

/** Reads the files a listener's TLS is made of, and returns them once OpenSSL has taken them. */
async function pairFrom(files: ListenerTls | undefined): Promise<ListenerTls | undefined> {
  const pair = await readPair(files);
  if (pair) createSecureContext(serverOptions(pair));
  return pair;
}

/** The listeners, and where they are reached on this machine. */
export interface Listeners {
  readonly url: string;
  readonly mtlsUrl: string | undefined;
  readonly certificate: DevelopmentCertificate | undefined;
  /**
   * Reads the certificates of a configuration; the answer has new connections use them.
   * @throws when a file cannot be used, and nothing has changed.
   */
  renewed(config: Config): Promise<() => void>;
}

/** One listener for everyone, one that asks for client certificates; behind a proxy that ends TLS, one plain listener. */
export async function startListeners(
  config: Config,
  handler: RequestListener,
  resources: Resources,
  certificates: Map<string, Served> = new Map(),
): Promise<Listeners> {
  const { listen: everyone, mtls } = config;
  const host = bareHost(everyone.host);
  const bounds = serverLimits(config.limits);
  const hosts = [config.issuer, ...(mtls ? [mtls.url] : [])].map((url) => bareHost(new URL(url).hostname));
  const written = await readPair(everyone.tls);
  const made = config.proxy || written ? undefined : await madeFor(config, hosts);
  const pair = written ?? made;
  const speaking = new Map<string, (pair: ListenerTls) => void>();
  async function open(name: string, port: number, own: ListenerTls | undefined, options: typeof serverOptions) {
    const server = own ? createServer({ ...options(own), ...bounds }, handler) : createHttpServer(bounds, handler);
    if (own) {
      note(certificates, name, own);
      speaking.set(name, (renewed) => {
        (server as HttpsServer).setSecureContext(options(renewed));
        note(certificates, name, renewed);
      });
    }
    const url = new URL(`${own ? 'https' : 'http'}://${urlHost(host)}`);
    url.port = String(await listen(server, config, host, port, resources));
    return url.origin;
  }
  const url = await open('listen', everyone.port, pair, everyone.client_certificate ? mutualTlsOptions : serverOptions);
  const mtlsUrl =
    mtls?.port !== undefined && pair
      ? await open('mtls', mtls.port, (await readPair(mtls.tls)) ?? pair, mutualTlsOptions)
      : undefined;
  return {
    url,
    mtlsUrl,
    certificate: made,
    async renewed(changed) {
      const plain = await pairFrom(changed.listen.tls);
      const mutual = (await pairFrom(changed.mtls?.tls)) ?? plain;
      return () => {
        if (plain) speaking.get('listen')?.(plain);
        if (mutual) speaking.get('mtls')?.(mutual);
      };
    },
  };
}
