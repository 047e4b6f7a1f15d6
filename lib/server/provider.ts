import type { Middleware } from 'koa';
import Provider, { type Configuration, ExternalSigningKey } from 'oidc-provider';

import type { Accounts } from '../accounts/accounts.ts';
import { certificateHeaderNames } from '../certificates/certificate_headers.ts';
import { certificateHeader } from '../certificates/presented.ts';
import { type Config, schema } from '../config/load.ts';
import { OperationalError } from '../errors.ts';
import { levelsOf } from '../fapi/acr.ts';
import type { Enrich } from '../fapi/detail_settings.ts';
import { type Staged, stages } from '../fapi/stages.ts';
import { fapiProvider } from '../fapi_provider.ts';
import { ownClient } from '../front/own_client.ts';
import { type RecentRefusals, recentRefusals } from '../front/recent_refusals.ts';
import { refusalsPath } from '../front/refusals_page.ts';
import { isLocal } from '../http/address.ts';
import { forwarded, trustedProxies } from '../http/forwarded.ts';
import { endpoints } from '../http/routes.ts';
import type { Attempts } from '../interactions/attempts.ts';
import { pages } from '../interactions/pages.ts';
import { interactionPolicy } from '../interactions/policy.ts';
import { interactions, interactionUrl } from '../interactions/routes.ts';
import type { Keys } from '../keys/keys.ts';
import { merge } from '../merge.ts';
import type { Profile } from '../profile.ts';
import type { ProfileSettings } from '../profiles/fapi2_security_profile.ts';
import { profiles } from '../profiles/profiles.ts';
import { coreConfiguration } from '../settings.ts';
import type { Extension } from './extension.ts';
import { frontPages, hasOwnClient } from './front.ts';
import { pageRates } from './page_rates.ts';
import type { RequestRates } from './request_rates.ts';
import { sampleResource } from './sample_resource.ts';

/** The parts of a provider besides its configuration. */
export interface Parts {
  readonly adapter: NonNullable<Configuration['adapter']>;
  readonly accounts: Accounts;
  readonly keys: Keys;
  /** PEM certificates of the authorities of `tls_client_auth` clients. */
  readonly authorities: readonly string[];
  /** PEM certificates of the authorities that requests of our own trust besides the usual ones. */
  readonly outboundAuthorities?: readonly string[] | undefined;
  /** Slows down wrong passwords. */
  readonly attempts?: Attempts | undefined;
  /** Files of revocation lists. */
  readonly crl?: readonly string[] | undefined;
  /** The deployment's own part. */
  readonly extension?: Extension | undefined;
  /** Adds to authorization details what clients could not know. */
  readonly enrich?: Enrich | undefined;
  /** Seconds somebody has to wait who asks too often. */
  readonly rates?: Pick<RequestRates, 'tooMany' | 'anyone'> | undefined;
  /** The latest refusals, which the front page of a development server tells. */
  readonly recent?: RecentRefusals | undefined;
  /** Watches what passes: middleware that comes before all others. */
  readonly watch?: ((provider: Provider) => readonly Middleware[]) | undefined;
}

/**
 * Makes the profile a configuration file asks for, or the deployment's own.
 *
 * @throws {OperationalError} where the file names one and the module of `extend` brings another.
 */
export function profileOf(
  config: Config,
  {
    keys,
    authorities,
    outboundAuthorities = [],
    crl,
    enrich,
    rates,
    extension,
  }: Pick<Parts, 'keys' | 'authorities' | 'outboundAuthorities' | 'crl' | 'enrich' | 'rates' | 'extension'>,
): Profile {
  const { par, client_assertion_lifetime, dpop, mtls, proxy, message_signing, resources, authorization_details } =
    config;
  const { module: _, ...details } = authorization_details ?? {};
  const settings = {
    par,
    client_assertion_lifetime,
    ttl: { session_idle: config.ttl.session_idle },
    limits: { body: config.limits.body, tooMany: rates?.tooMany },
    security_headers: {
      ...config.security_headers,
      hsts: !(config.development && isLocal(new URL(config.issuer).hostname)),
    },
    refusals: {
      explain_authentication: config.refusals.explain_authentication || config.development,
      documentation: `${config.issuer}${refusalsPath}`,
    },
    dpop: { nonce: dpop.nonce, nonceSecret: keys.dpopNonce },
    mtls: mtls && { url: mtls.url, authorities, crl, proxy },
    outbound: { ...config.outbound, ca: [...outboundAuthorities] },
    resources,
    authorization_details: authorization_details && { ...details, enrich },
    acr: config.acr,
    subject: { subject: config.subject, pairwiseSalt: keys.subjects },
    extra_parameters: config.extra_parameters,
    request_object: config.request_object,
    sample_resource: config.resource ? config.resource.path : undefined,
  };
  return extension?.profile
    ? ownProfile(config, extension.profile, settings)
    : profiles[config.profile]({ ...settings, message_signing });
}

function ownProfile(
  { profile: named }: Config,
  make: NonNullable<Extension['profile']>,
  settings: ProfileSettings,
): Profile {
  if (named !== 'fapi2-security-profile') {
    throw new OperationalError(
      `extend: the module exports a profile, and the file names ${named}: leave one of them out`,
    );
  }
  const made: Partial<Profile> | undefined = make(settings);
  if (typeof made?.name !== 'string' || !Array.isArray(made.mechanisms)) {
    throw new OperationalError('extend: profile() has to answer { name, mechanisms }');
  }
  return made as Profile;
}

/** Translates a configuration file into core's configuration. */
export function configurationOf(config: Config, { adapter, accounts, keys, extension }: Parts): Configuration {
  const { renderError, features } = pages(config.pages);
  const core = coreConfiguration(schema, config);
  const own: Configuration = {
    ...core,
    clients: [
      ...(core.clients ?? []),
      ...(hasOwnClient(config, keys, extension?.profile) ? [ownClient(config, keys)] : []),
    ],
    adapter,
    jwks: keys.jwks,
    cookies: { keys: keys.cookies },
    findAccount: accounts.findAccount,
    features: {
      claimsParameter: { enabled: true },
      clientCredentials: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true, ...features.rpInitiatedLogout },
      ...(keys.jwks.keys.some((key) => key instanceof ExternalSigningKey) && {
        externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      }),
    },
    interactions: { policy: interactionPolicy(), url: interactionUrl },
    renderError,
  };
  return merge(own, extension?.configuration ?? {});
}

/** Settings of the pages that people are asked on. */
const pagesOf = ({ pages, extra_parameters, authorization_details, resources }: Config, { mechanisms }: Profile) => ({
  ...pages,
  acr: levelsOf(mechanisms),
  parameters: extra_parameters,
  details: authorization_details?.types ?? {},
  resourceScopes: resources.flatMap(({ scopes }) => scopes),
});

/**
 * Makes the provider a configuration file describes: by the call a team makes, with the server's own middleware at its
 * stages.
 */
export function createProvider(config: Config, parts: Parts): Promise<Provider> {
  const profile = profileOf(config, parts);
  const { accounts, attempts } = parts;
  const around = (provider: Provider): Staged => {
    provider.proxy = config.proxy !== undefined;
    const { middleware = {}, interactions: pageSettings } = parts.extension ?? {};
    const theirs = typeof middleware === 'function' ? middleware(provider) : middleware;
    const headers = certificateHeaderNames(certificateHeader(config.proxy ?? {}));
    const ours: Staged = {
      forwarded: [...(parts.watch?.(provider) ?? []), forwarded(trustedProxies(config.proxy?.trusted), headers)],
      pages: [
        ...(parts.rates ? [pageRates(provider, parts.rates, config.pages)] : []),
        ...frontPages(config, parts.keys, parts.recent ?? recentRefusals(), parts.extension?.profile),
        interactions(provider, { ...pagesOf(config, profile), accounts, attempts, ...pageSettings }),
      ],
      metadata: [keptFor(provider, config.keys.max_age)],
      resource: config.resource ? [sampleResource(provider, config.resource.path, config, parts.keys)] : [],
    };
    return bothStaged(ours, theirs);
  };
  return fapiProvider(Provider, config.issuer, configurationOf(config, parts), profile, { around });
}

/** Tells clients for how many seconds they may keep the keys: no key signs before that time is over. */
function keptFor(provider: Provider, max_age: number): Middleware {
  const endpointOf = endpoints(provider);
  return function keptFor(ctx, next) {
    if (endpointOf(ctx) !== 'jwks') return next();
    return next().then(() => {
      if (ctx.status === 200) ctx.set('cache-control', `public, max-age=${max_age}`);
    });
  };
}

const bothStaged = (ours: Staged, theirs: Staged): Staged =>
  Object.fromEntries(stages.map((stage) => [stage, [...(ours[stage] ?? []), ...(theirs[stage] ?? [])]]));
