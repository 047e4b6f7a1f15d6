import { randomUUID } from 'node:crypto';

import * as client from 'openid-client';

import type { HttpsFetch } from '../../lib/http/https_fetch.ts';
import { type Asked, checkIntent, type EcosystemParty } from './ecosystem_parties.ts';

/** A relying party as it is registered, and how it speaks to its provider. */
export interface RelyingParty {
  readonly issuer: string;
  readonly client_id: string;
  readonly redirect_uri: string;
  readonly scope: string;
  readonly key: client.PrivateKey;
  readonly fetch: HttpsFetch;
  readonly mtls: boolean;
  readonly dpop: boolean;
  readonly signed: boolean;
  readonly jarm: boolean;
  /** Signs ID Tokens and authorization responses. */
  readonly alg: string;
  /** The protected resource. */
  readonly resource: URL;
  readonly ecosystem?: EcosystemParty | undefined;
  /** Addresses of an ecosystem's APIs, by the names the suite gives them. */
  readonly exposed?: Readonly<Record<string, string>>;
}

/** How often a token that is refused is refreshed. */
const refreshes = 2;

/** The provider's metadata, of the issuer that was asked and of no other: the library looks only where it made the address. */
async function discovered({ issuer, client_id, key, fetch, mtls, dpop, jarm, alg, ecosystem }: RelyingParty) {
  const metadata = { id_token_signed_response_alg: alg, authorization_signed_response_alg: alg };
  const usual = mtls ? client.TlsClientAuth() : client.PrivateKeyJwt(key);
  const authentication = ecosystem?.bare ? bare(usual) : usual;
  const own = { ...metadata, use_mtls_endpoint_aliases: mtls || !dpop };
  const config = await client.discovery(new URL(issuer), client_id, own, authentication, {
    [client.customFetch]: interacting(fetch) as client.CustomFetch,
  });
  if (config.serverMetadata().issuer !== issuer) throw new Error('the metadata are of another issuer');
  if (jarm) client.useJwtResponseMode(config);
  return config;
}

/** Authenticates without a `client_id` beside a request object: the library sends it always. */
const bare =
  (usual: client.ClientAuth): client.ClientAuth =>
  async (server, metadata, body, headers) => {
    await usual(server, metadata, body, headers);
    if (body.has('request')) body.delete('client_id');
  };

/** Sends an `x-fapi-interaction-id` of its own with each request (FAPI 2.0 Implementation Advice section 2.1.1). */
const interacting =
  (fetch: HttpsFetch): HttpsFetch =>
  (url, options) => {
    const headers = new Headers(options?.headers);
    headers.set('x-fapi-interaction-id', randomUUID());
    return fetch(url, { ...options, headers });
  };

type Tokens = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

/** Asks the resource, refreshing as long as the token is refused. */
async function resourceOf(
  config: client.Configuration,
  own: RelyingParty,
  tokens: Tokens,
  bound: client.DPoPOptions,
): Promise<Response> {
  const { dpop, ecosystem, resource } = own;
  const { userinfo_endpoint, mtls_endpoint_aliases } = config.serverMetadata();
  const userinfo = new URL(`${(dpop ? undefined : mtls_endpoint_aliases?.userinfo_endpoint) ?? userinfo_endpoint}`);
  const url = ecosystem?.userinfo ? userinfo : resource;
  let { access_token, refresh_token } = tokens;
  for (let left = refreshes; ; left -= 1) {
    const answer = await client
      .fetchProtectedResource(config, access_token, url, 'GET', null, undefined, bound)
      .catch((error) => {
        if (error instanceof client.WWWAuthenticateChallengeError) return error.response;
        throw error;
      });
    if (answer.status !== 401 || !refresh_token || left === 0) return answer;
    ({ access_token, refresh_token = refresh_token } = await client.refreshTokenGrant(
      config,
      refresh_token,
      undefined,
      bound,
    ));
  }
}

/** Pushes the request. @returns where the browser goes */
async function pushed(
  config: client.Configuration,
  own: RelyingParty,
  asked: Asked,
  request: Readonly<Record<string, string>>,
  bound: client.DPoPOptions,
): Promise<URL> {
  const whole = { ...request, ...asked.parameters };
  const parameters = own.signed
    ? (await client.buildAuthorizationUrlWithJAR(config, whole, own.key)).searchParams
    : whole;
  return client.buildAuthorizationUrlWithPAR(config, parameters, bound);
}

/**
 * Authorizes, exchanges the code, and asks the resource.
 *
 * @param browser follows a redirect to the provider and answers the address it comes back to.
 * @throws Error for whatever a client has to refuse.
 */
export async function relyingParty(own: RelyingParty, browser: (url: URL) => Promise<URL>): Promise<Response> {
  const config = await discovered(own);
  const asked: Asked = (await own.ecosystem?.ask(own, config)) ?? {};
  const bound = own.dpop ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) } : {};
  const [pkceCodeVerifier, expectedState] = [client.randomPKCECodeVerifier(), client.randomState()];
  const scope = asked.scope ?? own.scope;
  const openid = scope.split(' ').includes('openid');
  const nonce = client.randomNonce();
  const request = {
    response_type: 'code',
    redirect_uri: own.redirect_uri,
    scope,
    state: expectedState,
    ...(openid && { nonce }),
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  };
  const url = await pushed(config, own, asked, request, bound);
  const checks = {
    pkceCodeVerifier,
    expectedState,
    idTokenExpected: openid,
    ...(openid && { expectedNonce: nonce }),
  };
  const tokens = await client.authorizationCodeGrant(config, await browser(url), checks, undefined, bound);
  checkIntent(tokens.id_token, asked);
  return resourceOf(config, own, tokens, bound);
}
