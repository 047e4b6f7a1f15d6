import Provider, { type Configuration, errors } from 'oidc-provider';

import type { Accounts } from '../accounts/accounts.ts';
import type { Config } from '../config/load.ts';
import { forwarded, trustedProxies } from '../http/forwarded.ts';
import { pages } from '../interactions/pages.ts';
import { interactionPolicy } from '../interactions/policy.ts';
import { interactions, interactionUrl } from '../interactions/routes.ts';
import type { Keys } from '../keys/keys.ts';
import { attach, configure, type Profile } from '../profile.ts';
import { fapi2MessageSigning } from '../profiles/fapi2_message_signing.ts';
import { fapi2SecurityProfile } from '../profiles/fapi2_security_profile.ts';
import { unitOfWork } from '../store/unit_of_work.ts';
import { sampleResource } from './sample_resource.ts';

/** What a provider is made of besides its configuration. */
export interface Parts {
  readonly adapter: NonNullable<Configuration['adapter']>;
  readonly accounts: Accounts;
  readonly keys: Keys;
  /** PEM certificates of the authorities of `tls_client_auth` clients. */
  readonly authorities: readonly string[];
}

const profiles = { 'fapi2-security-profile': fapi2SecurityProfile, 'fapi2-message-signing': fapi2MessageSigning };

/** The profile a configuration file asks for. */
export function profileOf(config: Config, { keys, authorities }: Pick<Parts, 'keys' | 'authorities'>): Profile {
  const { par, dpop, mtls, proxy, message_signing } = config;
  const settings = {
    par,
    dpop: { nonce: dpop.nonce, nonceSecret: keys.dpopNonce },
    mtls: mtls && { url: mtls.url, authorities, proxy },
  };
  return profiles[config.profile]({ ...settings, message_signing });
}

/** What a configuration file says, in core's words. */
export function configurationOf(config: Config, { adapter, accounts, keys }: Parts): Configuration {
  const { ttl, algorithms } = config;
  const { renderError, features } = pages();
  const lists = ['clientAuth', 'idToken', 'requestObject', 'userinfo', 'introspection', 'authorization', 'dPoP'];
  return {
    adapter,
    clients: config.clients as NonNullable<Configuration['clients']>,
    jwks: keys.jwks as NonNullable<Configuration['jwks']>,
    cookies: { keys: keys.cookies as unknown as string[] },
    findAccount: accounts.findAccount,
    claims: config.claims as NonNullable<Configuration['claims']>,
    scopes: config.scopes,
    clockTolerance: config.clock_tolerance,
    enabledJWA: Object.fromEntries(lists.map((name) => [`${name}SigningAlgValues`, algorithms])),
    ttl: {
      AccessToken: ttl.access_token,
      AuthorizationCode: ttl.authorization_code,
      ClientCredentials: ttl.access_token,
      Grant: ttl.grant,
      IdToken: ttl.id_token,
      Interaction: ttl.interaction,
      RefreshToken: ttl.refresh_token,
      Session: ttl.session,
    },
    features: {
      claimsParameter: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo() {
          throw new errors.InvalidTarget('resource indicates no resource server of this authorization server');
        },
      },
      rpInitiatedLogout: { enabled: true, ...features.rpInitiatedLogout },
    },
    interactions: { policy: interactionPolicy(), url: interactionUrl },
    renderError,
  };
}

/** Core, configured to a profile, with everything around it that a request passes, in order. */
export function createProvider(config: Config, parts: Parts): Provider {
  const profile = profileOf(config, parts);
  const provider = new Provider(config.issuer, configure(profile, configurationOf(config, parts)));
  provider.proxy = config.proxy !== undefined;
  provider.use(forwarded(trustedProxies(config.proxy?.trusted)));
  attach(profile, provider);
  provider.use(unitOfWork());
  provider.use(interactions(provider, { accounts: parts.accounts }));
  if (config.resource) provider.use(sampleResource(provider, config, parts.keys));
  return provider;
}
