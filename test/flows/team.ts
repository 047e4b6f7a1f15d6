import Provider, { type Configuration } from 'oidc-provider';

import { fapi2SecurityProfile, fapiProvider } from '../../lib/index.ts';

/** What a team has written around node-oidc-provider already, and the one expression that changes. */
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
