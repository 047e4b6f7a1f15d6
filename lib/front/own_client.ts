import { createPrivateKey, createPublicKey } from 'node:crypto';

import { importPKCS8 } from 'jose';
import type { ClientMetadata } from 'oidc-provider';
import type * as OpenidClient from 'openid-client';

import { isLocal } from '../http/address.ts';
import { httpsFetch } from '../http/https_fetch.ts';
import { installed } from '../installed.ts';
import type { Keys } from '../keys/keys.ts';

/** The client with which a development server tries itself. */
export const ownClientId = 'front-page';

/** Path at which its browser comes back. */
export const callbackPath = '/try/callback';

type Cookies = Pick<Keys['cookies'], 'sign'>;

/** A secret of the server, for one use. It is the same in all its processes, so that none of them has to keep anything. */
const secretFor = (cookies: Cookies, use: string): string => cookies.sign(`front page: ${use}`);

/** An Ed25519 private key is any 32 bytes after this prefix (RFC 8410 section 7). */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');

const privateKey = (cookies: Cookies) =>
  createPrivateKey({
    key: Buffer.concat([pkcs8, Buffer.from(secretFor(cookies, 'key'), 'base64url')]),
    format: 'der',
    type: 'pkcs8',
  });

/**
 * The scopes that the client asks for: openid, and `profile` where there is one, so that the person reads something on
 * the page of consent.
 */
const scopesOf = (claims: Readonly<Record<string, unknown>>) => ['openid', ...('profile' in claims ? ['profile'] : [])];

/** The server's own settings that its client follows. */
export interface OwnClientOf {
  readonly issuer: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** The client as it is registered: confidential, with a key derived from the server's. */
export function ownClient({ issuer, claims }: OwnClientOf, { cookies }: { cookies: Cookies }): ClientMetadata {
  return {
    client_id: ownClientId,
    client_name: 'Front page of this server',
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'Ed25519',
    request_object_signing_alg: 'Ed25519',
    dpop_bound_access_tokens: true,
    jwks: { keys: [createPublicKey(privateKey(cookies)).export({ format: 'jwk' })] },
    redirect_uris: [`${issuer}${callbackPath}`],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    scope: scopesOf(claims).join(' '),
  };
}

/** Values of one flow, derived from the random value in the cookie of its browser: nothing is kept here. */
export function checksOf(cookies: Cookies, flow: string) {
  const derived = (use: string) => secretFor(cookies, `${use} of ${flow}`);
  return {
    pkceCodeVerifier: derived('code_verifier'),
    expectedState: derived('state'),
    expectedNonce: derived('nonce'),
  };
}

type Library = typeof OpenidClient;

/** The client with the library it speaks by, and all that crossed its connections. */
export interface Speaking {
  readonly openid: Library;
  readonly config: OpenidClient.Configuration;
  readonly options: OpenidClient.DPoPOptions;
  readonly key: OpenidClient.PrivateKey;
  readonly scope: string;
  readonly signed: boolean;
}

/** Algorithms the client expects of the server; a library's own default is RS256. */
const expectations = { id_token_signed_response_alg: 'ES256', authorization_signed_response_alg: 'ES256' };

/**
 * Discovers the server as any client does, by its address, over TLS.
 *
 * @throws {OperationalError} where openid-client is not installed.
 */
export async function speaking({ issuer, claims }: OwnClientOf, { cookies }: { cookies: Cookies }): Promise<Speaking> {
  const openid = await installed('a flow of the front page', () => import('openid-client'));
  const { hostname, origin } = new URL(issuer);
  // It is this server itself, whose certificate may be of its own making.
  const fetch = httpsFetch({ unverified: isLocal(hostname) ? [origin] : [] });
  const pem = privateKey(cookies).export({ format: 'pem', type: 'pkcs8' }) as string;
  const key = { key: await importPKCS8(pem, 'Ed25519') };
  const config = await openid.discovery(new URL(issuer), ownClientId, expectations, openid.PrivateKeyJwt(key), {
    [openid.customFetch]: fetch,
  });
  openid.enableNonRepudiationChecks(config);
  const signed = config.serverMetadata().require_signed_request_object === true;
  if (signed) openid.useJwtResponseMode(config);
  const options = { DPoP: openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256')) };
  return { openid, config, options, key, scope: scopesOf(claims).join(' '), signed };
}
