import * as client from 'openid-client';

import type { HttpsFetch } from '../../lib/http/https_fetch.ts';

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
}

/** The provider's metadata, of the issuer that was asked and of no other: the library looks only where it made the address. */
async function discovered({ issuer, client_id, key, fetch, mtls, dpop, jarm, alg }: RelyingParty) {
  const metadata = { id_token_signed_response_alg: alg, authorization_signed_response_alg: alg };
  const authentication = mtls ? client.TlsClientAuth() : client.PrivateKeyJwt(key);
  const own = { ...metadata, use_mtls_endpoint_aliases: mtls || !dpop };
  const config = await client.discovery(new URL(issuer), client_id, own, authentication, {
    [client.customFetch]: fetch as client.CustomFetch,
  });
  if (config.serverMetadata().issuer !== issuer) throw new Error('the metadata are of another issuer');
  if (jarm) client.useJwtResponseMode(config);
  return config;
}

/**
 * Authorizes, exchanges the code, and asks the resource.
 *
 * @param browser follows a redirect to the provider and answers the address it comes back to.
 * @throws Error for whatever a client has to refuse.
 */
export async function relyingParty(own: RelyingParty, browser: (url: URL) => Promise<URL>): Promise<Response> {
  const config = await discovered(own);
  const bound = own.dpop ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) } : {};
  const [pkceCodeVerifier, expectedState] = [client.randomPKCECodeVerifier(), client.randomState()];
  const openid = own.scope.split(' ').includes('openid');
  const nonce = client.randomNonce();
  const request = {
    response_type: 'code',
    redirect_uri: own.redirect_uri,
    scope: own.scope,
    state: expectedState,
    ...(openid && { nonce }),
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  };
  const parameters = own.signed
    ? (await client.buildAuthorizationUrlWithJAR(config, request, own.key)).searchParams
    : request;
  const url = await client.buildAuthorizationUrlWithPAR(config, parameters, bound);
  const checks = {
    pkceCodeVerifier,
    expectedState,
    idTokenExpected: openid,
    ...(openid && { expectedNonce: nonce }),
  };
  const tokens = await client.authorizationCodeGrant(config, await browser(url), checks, undefined, bound);
  return client.fetchProtectedResource(config, tokens.access_token, own.resource, 'GET', null, undefined, bound);
}
