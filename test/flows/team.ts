import Provider, { type Configuration } from 'oidc-provider';

import { fapi2SecurityProfile, fapiProvider, type OidcStore, openStore } from '../../lib/index.ts';

/** A provider on the store, with the secrets every process shares. Its code stands in the top README. */
export async function library(issuer: string, url: string, key: string, yours: Configuration) {
  // <library>
  const store: OidcStore = await openStore({ database: { url }, issuer, encryption_keys: [key] });
  await store.ready();
  const { jwks, cookies, dpopNonce } = await store.keys();
  const configuration: Configuration = {
    ...yours, // clients, claims, findAccount, interactions
    adapter: store.adapter,
    jwks,
    cookies: { keys: cookies },
  };
  const profile = fapi2SecurityProfile({ dpop: { nonce: 'required', nonceSecret: dpopNonce } });
  const provider = await fapiProvider(Provider, issuer, configuration, profile);
  store.startPurge();
  // </library>
  return { provider, store };
}

/** Clients of a team that move to the profile one by one. Its code stands in lib/README.md. */
export async function moving(issuer: string, configuration: Configuration, before: Configuration, moved: Set<string>) {
  const reports: string[] = [];
  // <moving>
  const provider = await fapiProvider(Provider, issuer, configuration, fapi2SecurityProfile(), {
    moving: {
      before, // what `new Provider(issuer, before)` had
      appliesTo: ({ client_id }) => moved.has(client_id),
      report: ({ client_id }, violations) => reports.push(`${client_id}: ${violations.length}`),
    },
  });
  // </moving>
  return { provider, reports };
}

/** A team's own configuration around node-oidc-provider, and the one expression that changes. Its code stands in lib/README.md. */
export async function team(issuer: string, yours: Configuration): Promise<Provider> {
  // <team>
  const configuration: Configuration = {
    ...yours, // adapter, jwks, cookies.keys, findAccount
    interactions: { url: (_ctx, { uid }) => `/login/${uid}` },
    subjectTypes: ['public', 'pairwise'],
    pairwiseIdentifier: (_ctx, accountId, client) => `${client.sectorIdentifier}|${accountId}`,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      registration: { enabled: true },
      encryption: { enabled: true },
      ciba: {
        enabled: true,
        deliveryModes: ['poll'],
        processLoginHint: (_ctx, hint) => hint,
        triggerAuthenticationDevice() {},
        verifyUserCode() {},
        validateBindingMessage() {},
        validateRequestContext() {},
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: 'read', accessTokenFormat: 'jwt', accessTokenTTL: 120 }),
      },
    },
    formats: {
      customizers: {
        jwt(_ctx, _token, { payload }) {
          payload.tenant = 'one';
        },
      },
    },
  };
  // in place of: const provider = new Provider(issuer, configuration);
  const profile = fapi2SecurityProfile({ grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'] });
  const provider = await fapiProvider(Provider, issuer, configuration, profile);
  provider.registerGrantType('urn:ietf:params:oauth:grant-type:token-exchange', async () => {});
  // </team>
  return provider;
}
