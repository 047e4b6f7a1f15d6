import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { isDeepStrictEqual } from 'node:util';

import type { Middleware } from 'koa';
import type Provider from 'oidc-provider';

import type { Accounts, ListedAccount } from '../accounts/accounts.ts';
import { listedAccounts } from '../accounts/listed.ts';
import { accountsModule } from '../accounts/module.ts';
import type { Audit } from '../audit/audit.ts';
import { observe } from '../audit/observe.ts';
import { type Config, violationProblems } from '../config/load.ts';
import { ConfigError, ProfileViolationError } from '../errors.ts';
import { recentRefusals } from '../front/recent_refusals.ts';
import { mounted, pathOf } from '../http/mount.ts';
import { type Attempts, attempts } from '../interactions/attempts.ts';
import type { sharedLimiter } from '../interactions/shared_limiter.ts';
import type { Keys } from '../keys/keys.ts';
import type { KnexAdapterFactory } from '../store/adapter.ts';
import { detailsModule } from './details_module.ts';
import { type Extension, loadExtension } from './extension.ts';
import { logRequests } from './log_requests.ts';
import { openAccounts } from './open_accounts.ts';
import { createProvider, type Parts } from './provider.ts';
import { type RequestRates, requestRates } from './request_rates.ts';

/** The parts all providers of a process share. */
export interface Shared {
  readonly adapter: KnexAdapterFactory;
  readonly limiter: ReturnType<typeof sharedLimiter>;
  readonly audit: Audit | undefined;
  /** The deployment's own part, in code; it counts more than what the module of `extend` exports. */
  readonly given: Extension;
  /** Watches what passes: middleware that comes before all others. */
  readonly watch?: ((provider: Provider) => readonly Middleware[]) | undefined;
}

/** A provider with everything around it, ready to take requests. */
export interface Assembled {
  readonly config: Config;
  readonly keys: Keys;
  readonly provider: Provider;
  /** Everything the provider was made of. */
  readonly parts: Parts;
  readonly handler: RequestListener;
  readonly rates: RequestRates;
  readonly attempts: Attempts;
  /** The file's accounts, where they count. */
  readonly listed: readonly ListedAccount[] | undefined;
}

async function accountsOf(accounts: Config['accounts'], adapter: KnexAdapterFactory): Promise<Accounts> {
  if (!Array.isArray(accounts)) return accountsModule(accounts.module);
  return listedAccounts(accounts, await openAccounts(adapter));
}

/**
 * Makes the provider that a configuration describes, and changes nothing that another one uses.
 *
 * @param before the provider it will stand in for: counts go on where their limits are the same.
 * @throws {ConfigError} when the configuration is outside its profile: every violation, at its place in the file.
 */
export async function assemble(config: Config, keys: Keys, shared: Shared, before?: Assembled): Promise<Assembled> {
  const { adapter, limiter, audit, given, watch } = shared;
  const kept = before && isDeepStrictEqual(before.config.limits, config.limits) ? before : undefined;
  const rates = kept?.rates ?? requestRates(config.limits);
  const slowed = kept?.attempts ?? attempts({ ...config.limits.passwords, limiter });
  const extension = { ...(await loadExtension(config.extend)), ...given };
  const parts = {
    rates,
    adapter,
    extension,
    accounts: extension.accounts ?? (await accountsOf(config.accounts, adapter)),
    keys,
    authorities: config.mtls?.ca ? [await readFile(config.mtls.ca, 'utf8')] : [],
    outboundAuthorities: await Promise.all(config.outbound.ca.map((file) => readFile(file, 'utf8'))),
    attempts: slowed,
    crl: config.mtls?.crl,
    watch,
    recent: before?.parts.recent ?? recentRefusals(),
    enrich: await detailsModule(config.authorization_details?.module),
  };
  const provider = await createProvider(config, parts).catch((error) => {
    if (error instanceof ProfileViolationError) throw new ConfigError(violationProblems(config, error.violations));
    throw error;
  });
  rates.watch(provider);
  logRequests(provider);
  if (config.development) parts.recent.watch(provider);
  if (audit) observe(provider, audit);
  const handler = mounted(provider.callback(), pathOf(config.issuer));
  const listed = extension.accounts || !Array.isArray(config.accounts) ? undefined : config.accounts;
  return { config, keys, provider, parts, handler, rates, attempts: slowed, listed };
}
