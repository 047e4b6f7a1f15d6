import { setTimeout as delay } from 'node:timers/promises';
import type { Middleware } from 'koa';

import type Provider from 'oidc-provider';
import { hashing } from '../accounts/hashing.ts';
import { openAudit } from '../audit/open.ts';
import { type Config, filesOf } from '../config/load.ts';
import { sharedLimiter } from '../interactions/shared_limiter.ts';
import { log } from '../log.ts';
import { Resources } from '../resources.ts';
import { configureLog } from '../standard_error.ts';
import type { KnexAdapterFactory } from '../store/adapter.ts';
import { administration } from './administration.ts';
import { openConfiguredStore } from './configured_store.ts';
import type { DevelopmentCertificate } from './development_certificate.ts';
import { Expiry } from './expiry.ts';
import type { Extension } from './extension.ts';
import { tellReadableKeys } from './key_files.ts';
import { type Listeners, startListeners } from './listeners.ts';
import { LiveKeys } from './live_keys.ts';
import { counting, startManagement } from './management.ts';
import { describeNode, recordLife } from './node.ts';
import { Reload } from './reload.ts';
import { Serving } from './serving.ts';
import { watchFiles } from './watch_files.ts';

/** A provider that answers. */
export interface RunningServer {
  readonly issuer: string;
  /** Address of the listener for everyone on this machine. */
  readonly url: string;
  /** Address on this machine of the listener that asks for client certificates. */
  readonly mtlsUrl: string | undefined;
  /** Address of the listener for operators on this machine. */
  readonly managementUrl: string | undefined;
  /** The certificate a development server made for itself. */
  readonly certificate: DevelopmentCertificate | undefined;
  /** The provider that takes requests now; a reload puts another one in its place. */
  readonly provider: Provider;
  readonly adapter: KnexAdapterFactory;
  /**
   * Reads the configuration file and the files it names again. What is right takes effect, what is wrong is logged and
   * the old goes on.
   * @returns true when it took effect
   */
  reload(): Promise<boolean>;
  /** Says that it is not ready, serves on for `shutdown.delay`; then takes no new connections, lets requests under way end, then closes the database. */
  close(): Promise<void>;
}

/**
 * Starts the provider a configuration describes.
 *
 * @param config as `loadConfig()` answers it.
 * @param given the deployment's own part, in code; it counts more than what the module of `extend` exports.
 * @throws {ConfigError} when the configuration is outside its profile: every violation, at its place in the file.
 * @throws {OperationalError} when the database or a port cannot be had.
 */
export async function startServer(config: Config, given: Extension = {}): Promise<RunningServer> {
  configureLog(config.log);
  const resources = new Resources();
  try {
    await tellReadableKeys(config);
    hashing.limit(config.limits.passwords);
    const store = await openConfiguredStore(config, resources);
    const { adapter } = store;
    // There is nothing to administer before the provider is there.
    let administer: Middleware = (ctx) => ctx.throw(503);
    const administered: Middleware = (ctx, next) => administer(ctx, next);
    const management = await startManagement(config, { store, administration: administered }, resources);
    const audit = await openAudit(adapter, config.audit);
    if (audit) resources.add(audit, () => audit.close());
    const limiter = sharedLimiter(adapter.store.knex);
    const shared = { adapter, limiter, audit, given, watch: counting(management, config) };
    const keys = new LiveKeys(adapter, audit);
    const serving = resources.add(await Serving.begin(config, await keys.of(config), shared), (begun) => begun.close());
    resources.add(keys.follow(serving), (stop) => stop());
    store.startPurge({ ...config.database.purge, onPurged: management.onPurged });
    const { renewed, ...listeners } = await startListeners(config, serving.handler, resources, management.certificates);
    const reload = new Reload({ serving, keys, audit, renewed: both(renewed, management.renewed) });
    resources.add(
      new Expiry().follow(() => serving.now.config),
      (stop) => stop(),
    );
    const files = () => filesOf(serving.now.config);
    resources.add(
      watchFiles(files, () => reload.run('a file has changed')),
      (stop) => stop(),
    );
    const { health, heartbeat, url: managementUrl } = management;
    if (managementUrl) administer = administration({ store, audit, now: () => serving.now, url: managementUrl });
    if (audit) await recordLife(audit, config, resources);
    await heartbeat.start(
      () => describeNode(serving.now, audit),
      (differences) => audit?.record(undefined, { event: 'nodes.differ', details: { differences } }),
    );
    health.state = 'serving';
    const { issuer, profile, development } = config;
    log.info({ issuer, profile, url: listeners.url, mtls_url: listeners.mtlsUrl, development }, 'serving');
    return {
      issuer: config.issuer,
      ...listeners,
      managementUrl,
      get provider() {
        return serving.now.provider;
      },
      adapter,
      reload: () => reload.run('asked to'),
      async close() {
        health.state = 'stopping';
        log.info({ delay: config.shutdown.delay }, 'stopping');
        await delay(config.shutdown.delay * 1000);
        await resources.close();
        log.info('stopped');
      },
    };
  } catch (error) {
    await resources.close();
    throw error;
  }
}

/** Renews the certificates of the public listeners and of the listener for operators: all of them, or none. */
const both =
  (renewed: Listeners['renewed'], ours: () => Promise<() => void>): Listeners['renewed'] =>
  async (config) => {
    const renewals = await Promise.all([renewed(config), ours()]);
    return () => {
      for (const renew of renewals) renew();
    };
  };
