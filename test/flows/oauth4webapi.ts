import * as oauth from 'oauth4webapi';

import { expectations, type Library, redirectUri, signsMessages, type Tokens } from './flow_client.ts';
import { trustingFetch } from './server.ts';

/** A server may ask for a nonce in the proof: then the same request goes out once more, with the nonce it gave. */
async function withNonce<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return request();
  }
}

/** @see [oauth4webapi](https://github.com/panva/oauth4webapi) */
export const oauth4webapi: Library = async (
  server,
  { client_id, client_auth, sender_constrain, key, kid, certificate },
  fetch = trustingFetch(certificate),
) => {
  const signed = signsMessages(server);
  const issuer = new URL(server.issuer);
  const http = { [oauth.customFetch]: fetch };
  const as = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...http }),
  );
  const client: oauth.Client = { client_id, ...expectations(certificate) };
  const authentication = client_auth === 'private_key_jwt' ? oauth.PrivateKeyJwt({ key, kid }) : oauth.TlsClientAuth();
  const DPoP = sender_constrain === 'dpop' ? oauth.DPoP(client, await oauth.generateKeyPair('ES256')) : undefined;
  const options = { ...http, ...(DPoP && { DPoP }) };
  const code_verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  let expectedNonce: string | undefined;
  async function tokens(process: typeof oauth.processRefreshTokenResponse, response: Response): Promise<Tokens> {
    const set = await process(as, client, response);
    if (set.id_token) await oauth.validateApplicationLevelSignature(as, response, http);
    return { ...(set as unknown as Tokens), claims: oauth.getValidatedIdTokenClaims(set) };
  }
  return {
    async push(params) {
      expectedNonce = params.nonce;
      let request = new URLSearchParams({
        response_type: 'code',
        redirect_uri: redirectUri,
        code_challenge: await oauth.calculatePKCECodeChallenge(code_verifier),
        code_challenge_method: 'S256',
        state,
        ...(signed && { response_mode: 'jwt' }),
        ...params,
      });
      if (signed) {
        const object = await oauth.issueRequestObject(as, client, request, { key, kid });
        request = new URLSearchParams({ client_id, request: object });
      }
      const { request_uri } = await withNonce(async () =>
        oauth.processPushedAuthorizationResponse(
          as,
          client,
          await oauth.pushedAuthorizationRequest(as, client, authentication, request, options),
        ),
      );
      const url = new URL(`${as.authorization_endpoint}`);
      url.search = `${new URLSearchParams({ client_id, request_uri })}`;
      return url;
    },
    async exchange(callback) {
      const params = signed
        ? await oauth.validateJwtAuthResponse(as, client, callback, state, http)
        : oauth.validateAuthResponse(as, client, callback, state);
      const checks = expectedNonce === undefined ? {} : { expectedNonce, requireIdToken: true };
      return withNonce(async () =>
        tokens(
          (_as, _client, response) => oauth.processAuthorizationCodeResponse(as, client, response, checks),
          await oauth.authorizationCodeGrantRequest(
            as,
            client,
            authentication,
            params,
            redirectUri,
            code_verifier,
            options,
          ),
        ),
      );
    },
    refresh: (token) =>
      withNonce(async () =>
        tokens(
          oauth.processRefreshTokenResponse,
          await oauth.refreshTokenGrantRequest(as, client, authentication, token, options),
        ),
      ),
    clientCredentials: (params) =>
      withNonce(async () =>
        tokens(
          oauth.processClientCredentialsResponse,
          await oauth.clientCredentialsGrantRequest(as, client, authentication, new URLSearchParams(params), options),
        ),
      ),
    resource: (token, url) =>
      withNonce(() => oauth.protectedResourceRequest(token, 'GET', url, new Headers(), null, options)),
    userinfo: (token, sub) =>
      withNonce(async () =>
        oauth.processUserInfoResponse(as, client, sub, await oauth.userInfoRequest(as, client, token, options)),
      ),
    async introspect(token) {
      const requestJwtResponse = signed;
      const response = await oauth.introspectionRequest(as, client, authentication, token, {
        ...http,
        requestJwtResponse,
      });
      const answer = await oauth.processIntrospectionResponse(as, client, response);
      if (signed) await oauth.validateApplicationLevelSignature(as, response, http);
      return answer;
    },
    revoke: async (token) =>
      oauth.processRevocationResponse(await oauth.revocationRequest(as, client, authentication, token, http)),
  };
};
