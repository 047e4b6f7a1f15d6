import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import type Provider from 'oidc-provider';
import type { Accounts } from '../accounts/accounts.ts';
import { hashing } from '../accounts/hashing.ts';
import { listedAccounts } from '../accounts/listed.ts';
import { accountsModule } from '../accounts/module.ts';
import { observe } from '../audit/observe.ts';
import { openAudit } from '../audit/open.ts';
import { type Config, violationProblems } from '../config/load.ts';
import { ConfigError, ProfileViolationError } from '../errors.ts';
import { attempts } from '../interactions/attempts.ts';
import { sharedLimiter } from '../interactions/shared_limiter.ts';
import { Resources } from '../resources.ts';
import type { KnexAdapterFactory } from '../store/adapter.ts';
import { detailsModule } from './details_module.ts';
import type { DevelopmentCertificate } from './development_certificate.ts';
import { type Extension, loadExtension } from './extension.ts';
import { tellReadableKeys } from './key_files.ts';
import { startListeners } from './listeners.ts';
import { logRequests } from './log_requests.ts';
import { counting, startManagement } from './management.ts';
import { endChanged, openAccounts } from './open_accounts.ts';
import { openStore } from './open_store.ts';
import { createProvider } from './provider.ts';
import { requestRates } from './request_rates.ts';

/** A provider that answers. */
export interface RunningServer {
  readonly issuer: string;
  /** Where the listener for everyone is reached on this machine. */
  readonly url: string;
  /** Where the listener that asks for client certificates is reached on this machine. */
  readonly mtlsUrl: string | undefined;
  /** Where the listener for operators is reached on this machine. */
  readonly managementUrl: string | undefined;
  /** The certificate a development server made for itself. */
  readonly certificate: DevelopmentCertificate | undefined;
  readonly provider: Provider;
  readonly adapter: KnexAdapterFactory;
  /** Says that it is not ready, serves on for `shutdown.delay`; then takes no new connections, lets requests under way end, then closes the database. */
  close(): Promise<void>;
}

async function accountsOf(accounts: Config['accounts'], adapter: KnexAdapterFactory): Promise<Accounts> {
  if (!Array.isArray(accounts)) return accountsModule((accounts as { module: string }).module);
  await endChanged(adapter, accounts);
  return listedAccounts(accounts, await openAccounts(adapter));
}

/**
 * Starts the provider a configuration describes.
 *
 * @param given the deployment's own part, in code; it counts more than what the module of `extend` exports.
 * @throws {ConfigError} when the configuration is outside its profile: every violation, at its place in the file.
 * @throws {OperationalError} when the database or a port cannot be had.
 */
export async function startServer(config: Config, given: Extension = {}): Promise<RunningServer> {
  const resources = new Resources();
  try {
    await tellReadableKeys(config);
    hashing.limit(config.limits.passwords);
    const store = await openStore(config, resources);
    const { adapter } = store;
    const management = await startManagement(config, { store }, resources);
    const rates = requestRates(config.limits);
    const limiter = sharedLimiter(adapter.store.knex);
    const extension = { ...(await loadExtension(config.extend)), ...given };
    const parts = {
      tooMany: rates.tooMany,
      adapter,
      extension,
      accounts: extension.accounts ?? (await accountsOf(config.accounts, adapter)),
      keys: await store.keys(config.keys?.jwks),
      authorities: config.mtls?.ca ? [await readFile(config.mtls.ca, 'utf8')] : [],
      attempts: attempts({ ...config.limits.passwords, limiter }),
      crl: config.mtls?.crl,
      watch: counting(management, config),
      enrich: await detailsModule(config.authorization_details?.module),
    };
    const provider = await createProvider(config, parts);
    rates.watch(provider);
    logRequests(provider);
    const audit = await openAudit(adapter, config.audit);
    if (audit)
      observe(
        provider,
        resources.add(audit, () => audit.close()),
      );
    const stopSharing = rates.share((keyPrefix, points) => limiter({ keyPrefix, points, duration: 60 }));
    resources.add(stopSharing, (stop) => stop());
    store.startPurge({ ...config.database.purge, onPurged: management.onPurged });
    const urls = await startListeners(config, provider, resources, management.certificates);
    const { health, url: managementUrl } = management;
    health.state = 'serving';
    async function close(): Promise<void> {
      health.state = 'stopping';
      await delay(config.shutdown.delay * 1000);
      await resources.close();
    }
    return { issuer: config.issuer, ...urls, managementUrl, provider, adapter, close };
  } catch (error) {
    await resources.close();
    if (error instanceof ProfileViolationError) throw new ConfigError(violationProblems(config, error.violations));
    throw error;
  }
}
