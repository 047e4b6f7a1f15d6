import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server as HttpsServer, type ServerOptions } from 'node:https';
import { createSecureContext } from 'node:tls';

import type Koa from 'koa';
import type { Middleware } from 'koa';
import type { Provider } from 'oidc-provider';

import type { Config } from '../config/load.ts';
import { bareHost, urlHost } from '../http/address.ts';
import { managementApp } from '../management/app.ts';
import { fleetFigures, healthFigures, keyFigures, purgeFigures, storeFigures } from '../management/figures.ts';
import { Health, type Served } from '../management/health.ts';
import { Heartbeat } from '../management/heartbeat.ts';
import { Metrics } from '../management/metrics.ts';
import type { ManagementSettings } from '../management/settings.ts';
import { traceRequests } from '../management/trace.ts';
import { countRequests, endpointName, watch } from '../management/watch.ts';
import { metricsText } from '../management/worker_metrics.ts';
import type { Resources } from '../resources.ts';
import type { OidcStore } from '../store/open_store.ts';
import { serverLimits } from './connection_limits.ts';
import { listen } from './listeners.ts';
import { mutualTlsOptions, serverOptions } from './tls.ts';

/**
 * Traces what a provider does, and counts it where there is a listener that is asked for figures: middleware that comes
 * before all others.
 */
export function counting({ metrics, url }: Management, config: Config): (provider: Provider) => Middleware[] {
  const path = config.resource ? config.resource.path : undefined;
  return (provider) => {
    const nameOf = endpointName(provider, path);
    if (!url) return [traceRequests(nameOf)];
    watch(provider, metrics);
    return [traceRequests(nameOf), countRequests(metrics, nameOf)];
  };
}

/** The listener for operators of a running server. */
export interface Management {
  readonly health: Health;
  readonly metrics: Metrics;
  /** This process among the others; it beats once it is started. */
  readonly heartbeat: Heartbeat;
  /** Certificates that are served, each replaced by its listener when it takes another one. */
  readonly certificates: Map<string, Served>;
  /** Address of the listener for operators on this machine. */
  readonly url: string | undefined;
  /** Reads the listener's certificate again; the answer has new connections use it. */
  readonly renewed: () => Promise<() => void>;
  /** Told of every round of the purge. */
  readonly onPurged: ReturnType<typeof purgeFigures>;
}

export interface ManagementParts {
  readonly store: OidcStore;
  /** Answers under `/admin`. */
  readonly administration?: Middleware | undefined;
}

/** Reads the TLS of the listener. Administrators show a certificate of `ca`; probes and scrapers need none. */
async function tlsOf({ tls, ca }: ManagementSettings): Promise<ServerOptions | undefined> {
  if (!tls) return undefined;
  const pair = { cert: await readFile(tls.cert, 'utf8'), key: await readFile(tls.key, 'utf8') };
  return ca ? { ...mutualTlsOptions(pair), ca: await readFile(ca) } : serverOptions(pair);
}

/**
 * Starts the listener for operators, before there is anything to see: until `health.state` says otherwise, `/readyz`
 * answers 503.
 */
export async function startManagement(
  config: Config,
  { store, administration }: ManagementParts,
  resources: Resources,
): Promise<Management> {
  const certificates = new Map<string, Served>();
  const served = () => [...certificates.values()];
  const { schema } = config.database;
  const { knex } = store;
  const heartbeat = resources.add(new Heartbeat({ knex, schema, state: () => health.state }), (beats) => beats.stop());
  const warnings = () => heartbeat.differences.map(({ text }) => text);
  const health: Health = new Health({ knex, schema, certificates: served, warnings });
  const metrics = new Metrics();
  const onPurged = purgeFigures(metrics);
  const seen = { health, metrics, heartbeat, certificates, onPurged };
  const { management } = config;
  if (!management) return { ...seen, renewed: async () => () => {}, url: undefined };
  metrics.collectProcess();
  storeFigures(metrics, store.adapter.store);
  keyFigures(metrics, store.adapter.store);
  healthFigures(metrics, health, served);
  fleetFigures(metrics, heartbeat);
  const { registry } = metrics;
  const app = managementApp({
    health,
    metrics: { contentType: registry.contentType, text: metricsText(registry) },
    administration: management.administration ? administration : undefined,
    // Administration says itself who may, so that who may not leaves a record.
    mutualTls: false,
  });
  return { ...seen, ...(await open(config, management, app, certificates, resources)) };
}

/** Listens as the file says, with a certificate that can be renewed. */
async function open(
  config: Config,
  management: ManagementSettings,
  app: Koa,
  certificates: Map<string, Served>,
  resources: Resources,
): Promise<Pick<Management, 'url' | 'renewed'>> {
  const options = await tlsOf(management);
  const bounds = serverLimits(config.limits);
  const handler = app.callback();
  const server = options ? createServer({ ...options, ...bounds }, handler) : createHttpServer(bounds, handler);
  const note = ({ cert }: ServerOptions) => {
    certificates.set('management', { listener: 'management', certificate: new X509Certificate(`${cert}`) });
  };
  if (options) note(options);
  const host = bareHost(management.host);
  const url = new URL(`${options ? 'https' : 'http'}://${urlHost(host)}`);
  url.port = String(await listen(server, config, host, management.port, resources));
  return {
    url: url.origin,
    async renewed() {
      const read = await tlsOf(management);
      if (read) createSecureContext(read);
      return () => {
        if (!read) return;
        (server as HttpsServer).setSecureContext(read);
        note(read);
      };
    },
  };
}
