import { readFile } from 'node:fs/promises';

import { type Config, loadConfig } from '../config/load.ts';
import { OperationalError } from '../errors.ts';
import { isLocal } from '../http/address.ts';
import { httpsFetch } from '../http/https_fetch.ts';
import { logTo } from '../log.ts';
import { packageFile } from '../package_file.ts';
import { databaseName } from '../redact.ts';
import type { Resources } from '../resources.ts';
import { startServer } from '../server/server.ts';
import type { KeyPair } from '../server/tls.ts';
import { freePort } from './free_port.ts';

const development = () => packageFile('config/development.yaml');

export interface TargetOptions {
  readonly issuer?: string | undefined;
  readonly database?: string | undefined;
  readonly profile?: Config['profile'] | undefined;
  readonly verbose: boolean;
}

/** The provider the demo speaks to. */
export interface Target {
  readonly issuer: string;
  /** Base URL of the endpoints that ask for a certificate. */
  readonly mtls: string;
  readonly profile: Config['profile'];
  /** The reason why this one was chosen, as the demo tells it. */
  readonly where: string;
  /** Origins on this machine, whose certificate may be of their own making. */
  readonly unverified: readonly string[];
}

/** A provider of config/development.yaml, with its sample clients and its account. */
export interface DevelopmentTarget extends Target {
  readonly config: Config;
}

/** Reads a provider's metadata; `undefined` when nobody answers. */
export async function metadataOf(issuer: string, ca?: string): Promise<Record<string, unknown> | undefined> {
  const fetch = httpsFetch({ unverified: local(issuer), ...(ca && { ca }) });
  try {
    const signal = AbortSignal.timeout(5000);
    const response = await fetch(`${issuer}/.well-known/openid-configuration`, { signal });
    return response.ok ? ((await response.json()) as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The origins of URLs that are on this machine. The certificates of all others are verified. */
export function local(...urls: readonly string[]): string[] {
  return urls.map((url) => new URL(url)).flatMap(({ hostname, origin }) => (isLocal(hostname) ? [origin] : []));
}

const profileOf = (metadata: Record<string, unknown>): Config['profile'] =>
  metadata.require_signed_request_object === true ? 'fapi2-message-signing' : 'fapi2-security-profile';

function running(issuer: string, metadata: Record<string, unknown>): Target {
  const { token_endpoint = issuer } = (metadata.mtls_endpoint_aliases ?? {}) as Record<string, string>;
  const mtls = new URL(token_endpoint).origin;
  const profile = profileOf(metadata);
  return { issuer, mtls, profile, where: 'which is running', unverified: local(issuer, mtls) };
}

async function started(options: TargetOptions, why: string, resources: Resources): Promise<DevelopmentTarget> {
  const { database = 'pglite:', profile = 'fapi2-security-profile' } = options;
  const [port, mtlsPort] = [await freePort(), await freePort()];
  const config = await loadConfig(development(), {
    set: [
      `issuer=https://localhost:${port}`,
      `listen.port=${port}`,
      `mtls.port=${mtlsPort}`,
      `database.url="${database}"`,
      `profile=${profile}`,
    ],
  });
  // The screen tells what is refused, and in order.
  if (!options.verbose) logTo(undefined);
  resources.add(await startServer(config), ({ close }) => close());
  const kept = database === 'pglite:' ? 'in memory' : `on ${databaseName(database)}`;
  const { issuer } = config;
  const mtls = `${config.mtls?.url}`;
  const where = `started for this, ${kept}${why}`;
  return { config, issuer, mtls, profile, where, unverified: local(issuer, mtls) };
}

/**
 * The provider that runs, when it is the one that is asked for; else one started for the demo.
 *
 * @throws {OperationalError} when nobody answers at an issuer that was named.
 */
export async function findTarget(options: TargetOptions, resources: Resources): Promise<DevelopmentTarget> {
  const config = await loadConfig(development());
  const issuer = (options.issuer ?? config.issuer).replace(/\/$/, '');
  const metadata = options.database === undefined || options.issuer ? await metadataOf(issuer) : undefined;
  const fits = metadata && (!options.profile || options.profile === profileOf(metadata));
  if (fits) return { ...running(issuer, metadata), config };
  const other = metadata ? `; that at ${issuer} runs ${profileOf(metadata)}` : '';
  if (!options.issuer) return started(options, other, resources);
  throw new OperationalError(
    metadata ? `${issuer} runs ${profileOf(metadata)}, not ${options.profile}` : `no provider answers at ${issuer}`,
  );
}

/**
 * A provider of any make.
 *
 * @param ca its certificate authority, PEM; those of Node when absent.
 * @throws {OperationalError} when nobody answers there.
 */
export async function foreignTarget(issuer: string, ca?: string): Promise<Target> {
  const metadata = await metadataOf(issuer, ca);
  if (!metadata) throw new OperationalError(`no provider answers at ${issuer}`);
  return running(issuer, metadata);
}

/** The keys and certificates of the sample clients. */
export async function sampleKeys(): Promise<{ key: string; certificate: KeyPair; selfSigned: KeyPair }> {
  const read = (name: string) => readFile(packageFile(`config/sample/${name}`), 'utf8');
  const [key, client, selfSigned] = await Promise.all([
    read('client.key'),
    read('client.crt'),
    read('self_signed.crt'),
  ]);
  return { key, certificate: { cert: client, key }, selfSigned: { cert: selfSigned, key } };
}
