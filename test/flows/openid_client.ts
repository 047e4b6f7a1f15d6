import * as client from 'openid-client';

import { expectations, type Library, redirectUri, signsMessages, type Tokens } from './flow_client.ts';
import { trustingFetch } from './server.ts';

type TokenSet = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;
const tokens = (set: TokenSet): Tokens => ({ ...(set as unknown as Tokens), claims: set.claims() });

/** @see [openid-client](https://github.com/panva/openid-client) */
export const openidClient: Library = async (
  server,
  { client_id, client_auth, sender_constrain, key, kid, certificate },
  fetch = trustingFetch(certificate),
) => {
  const signed = signsMessages(server);
  const authentication =
    client_auth === 'private_key_jwt' ? client.PrivateKeyJwt({ key, kid }) : client.TlsClientAuth();
  const config = await client.discovery(new URL(server.issuer), client_id, expectations(certificate), authentication, {
    [client.customFetch]: fetch as client.CustomFetch,
  });
  client.enableNonRepudiationChecks(config);
  if (signed) client.useJwtResponseMode(config);
  const DPoP =
    sender_constrain === 'dpop' ? client.getDPoPHandle(config, await client.randomDPoPKeyPair('Ed25519')) : undefined;
  const options = DPoP ? { DPoP } : {};
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const openid = new Map<string, string>();
  return {
    async push(params) {
      if (params.nonce) openid.set('expectedNonce', params.nonce);
      let request = new URLSearchParams({
        redirect_uri: redirectUri,
        code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
        state: expectedState,
        ...params,
      });
      if (signed) request = (await client.buildAuthorizationUrlWithJAR(config, request, { key, kid })).searchParams;
      return client.buildAuthorizationUrlWithPAR(config, request, options);
    },
    async exchange(callback) {
      const checks = { pkceCodeVerifier, expectedState, ...Object.fromEntries(openid) };
      return tokens(await client.authorizationCodeGrant(config, callback, checks, undefined, options));
    },
    refresh: async (token) => tokens(await client.refreshTokenGrant(config, token, undefined, options)),
    clientCredentials: async (params) => tokens(await client.clientCredentialsGrant(config, params, options)),
    resource: (token, url) => client.fetchProtectedResource(config, token, url, 'GET', null, new Headers(), options),
    userinfo: (token, sub) => client.fetchUserInfo(config, token, sub, options),
    introspect: (token) => client.tokenIntrospection(config, token),
    revoke: (token) => client.tokenRevocation(config, token),
  };
};
