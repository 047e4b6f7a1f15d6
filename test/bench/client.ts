import {
  createPrivateKey,
  generateKeyPairSync,
  hash,
  type JsonWebKey,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';

import type { ClientMetadata } from 'oidc-provider';

/** Names that never resolve: what is measured sits behind a loopback port, whatever it is called. */
export const issuer = 'https://as.bench.test';
export const redirectUri = 'https://client.bench.test/callback';
export const clientId = 'bench';
/** The type of details a large push is made of. */
export const detailType = 'payment';

const verifier = 'a-code-verifier-of-the-shortest-length-RFC-7636-permits';

export function makeKey(): JsonWebKey {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
}

function publicPart({ kty, crv, x, y }: JsonWebKey) {
  return { kty, crv, x, y };
}

export function metadata(key: JsonWebKey): ClientMetadata {
  return {
    client_id: clientId,
    redirect_uris: [redirectUri],
    response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    id_token_signed_response_alg: 'ES256',
    dpop_bound_access_tokens: true,
    scope: 'openid offline_access',
    authorization_details_types: [detailType],
    jwks: { keys: [{ ...publicPart(key), alg: 'ES256', use: 'sig', kid: 'bench' }] },
  } as ClientMetadata;
}

/** The client's signing side: everything a request needs that can be made before the clock starts. */
export class Client {
  readonly #key: KeyObject;
  readonly #assertionHeader: string;
  readonly #proofHeader: string;

  constructor(key: JsonWebKey) {
    this.#key = createPrivateKey({ key, format: 'jwk' });
    this.#assertionHeader = encode({ alg: 'ES256', kid: 'bench' });
    this.#proofHeader = encode({ alg: 'ES256', typ: 'dpop+jwt', jwk: publicPart(key) });
  }

  assertion(): string {
    const iat = Math.floor(Date.now() / 1000);
    return this.#jws(this.#assertionHeader, {
      iss: clientId,
      sub: clientId,
      aud: issuer,
      jti: randomUUID(),
      iat,
      nbf: iat,
      exp: iat + 290,
    });
  }

  proof(htu: string, claims: { htm?: string; ath?: string } = {}): string {
    const iat = Math.floor(Date.now() / 1000);
    return this.#jws(this.#proofHeader, { jti: randomUUID(), htm: 'POST', htu, iat, ...claims });
  }

  /** @param bytes size of its authorization_details, in JSON; none when left out. */
  pushBody(scope = 'openid', bytes?: number): string {
    return form({
      ...(bytes !== undefined && { authorization_details: details(bytes) }),
      ...this.#authentication(),
      response_type: 'code',
      redirect_uri: redirectUri,
      scope,
      ...(scope.includes('offline_access') && { prompt: 'consent' }),
      state: randomUUID(),
      nonce: randomUUID(),
      code_challenge: hash('sha256', verifier, 'base64url'),
      code_challenge_method: 'S256',
    });
  }

  /** The token request but for its code, which the server has yet to make. */
  tokenBody(): string {
    return form({
      ...this.#authentication(),
      grant_type: 'authorization_code',
      redirect_uri: redirectUri,
      code_verifier: verifier,
    });
  }

  refreshBody(): string {
    return form({ ...this.#authentication(), grant_type: 'refresh_token' });
  }

  #authentication() {
    return {
      client_id: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: this.assertion(),
    };
  }

  #jws(header: string, claims: object): string {
    const input = `${header}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(input), { key: this.#key, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  }
}

function details(bytes: number): string {
  const one = { type: detailType, amount: '1.50', reference: 'x'.repeat(140) };
  const count = Math.max(1, Math.round(bytes / JSON.stringify(one).length));
  return JSON.stringify(Array.from({ length: count }, () => one));
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function form(parameters: Record<string, string>): string {
  return new URLSearchParams(parameters).toString();
}

/** One HTTP request as it goes over the wire; a plain listener is told that TLS ended in front of it. */
export function request(method: string, path: string, headers: Record<string, string>, body = ''): string {
  const lines = Object.entries({ host: new URL(issuer).host, 'x-forwarded-proto': 'https', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const content = body
    ? `content-type: application/x-www-form-urlencoded\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`
    : '';
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}${content}\r\n${body}`;
}
