import { hash, randomBytes, randomUUID } from 'node:crypto';

import {
  base64url,
  calculateJwkThumbprint,
  compactDecrypt,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';
import type { ClientMetadata, Provider } from 'oidc-provider';

import { authorize, Browser } from '../../lib/demo/browser.ts';
import { httpsFetch } from '../../lib/http/https_fetch.ts';

type Params = Readonly<Record<string, string | undefined>>;
type Key = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what a server answers is what a test looks into
  readonly body: any;
}

/** What is said otherwise than usual in one request. */
export interface Otherwise {
  readonly assertion?: Readonly<Record<string, unknown>>;
  readonly assertionHeader?: Readonly<Record<string, unknown>>;
  readonly proof?: Readonly<Record<string, unknown>> | false;
  readonly headers?: Readonly<Record<string, string>>;
  /** A whole client assertion, made before. */
  readonly client_assertion?: string;
  readonly dpop?: string;
  readonly method?: string;
}

const now = () => Math.floor(Date.now() / 1000);
const person = { login: 'demo', password: 'demo' };
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

function sign(payload: JWTPayload, header: object, key: Key): Promise<string> {
  const stated = Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined));
  return new SignJWT(stated).setProtectedHeader(header as { alg: string }).sign(key);
}

/** A client by private_key_jwt and DPoP that can be told to say anything, and answers what came back as it came. */
export class RawClient {
  readonly issuer: string;
  readonly metadata: ClientMetadata;
  /** A second client, and a protected resource, with keys of the same owner. */
  readonly others: readonly ClientMetadata[];
  readonly redirectUri = 'https://client.example.com/callback';
  readonly verifier = base64url.encode(randomBytes(32));
  readonly browser: Browser;
  readonly #fetch: ReturnType<typeof httpsFetch>;
  readonly #key: Key;
  readonly #rsa: Key;
  readonly #jwks: JWK[];
  readonly #proofJwk: JWK;
  readonly #proofKey: Key;
  provider!: Provider;
  nonce: string | undefined;

  private constructor(
    issuer: string,
    made: { key: Key; rsa: Key; proof: Key; proofJwk: JWK; jwks: JWK[] },
    own: object,
  ) {
    this.issuer = issuer;
    this.#key = made.key;
    this.#rsa = made.rsa;
    this.#jwks = made.jwks;
    this.#proofKey = made.proof;
    this.#proofJwk = made.proofJwk;
    this.#fetch = httpsFetch({ unverified: [issuer] });
    this.browser = new Browser(this.#fetch);
    const common = { redirect_uris: [this.redirectUri], jwks: { keys: made.jwks }, scope: 'openid offline_access' };
    const grants = { grant_types: ['authorization_code', 'refresh_token', 'client_credentials'] };
    this.metadata = { client_id: 'client', ...common, ...grants, ...own } as ClientMetadata;
    this.others = [
      { client_id: 'clien', ...common, ...grants } as ClientMetadata,
      { client_id: 'resource', jwks: { keys: made.jwks }, grant_types: [], response_types: [] } as never,
    ];
  }

  static async create(issuer: string, own: object): Promise<RawClient> {
    const pairs = await Promise.all(
      ['ES256', 'RS256', 'ES256'].map((alg) => generateKeyPair(alg, { extractable: true })),
    );
    const [es, rs, proof] = pairs as [(typeof pairs)[0], (typeof pairs)[0], (typeof pairs)[0]];
    const jwks = [
      { ...(await exportJWK(es.publicKey)), kid: 'es' },
      { ...(await exportJWK(rs.publicKey)), kid: 'rs' },
    ];
    const proofJwk = await exportJWK(proof.publicKey);
    return new RawClient(
      issuer,
      { key: es.privateKey, rsa: rs.privateKey, proof: proof.privateKey, proofJwk, jwks },
      own,
    );
  }

  get params(): Record<string, string> {
    return {
      client_id: `${this.metadata.client_id}`,
      response_type: 'code',
      redirect_uri: this.redirectUri,
      scope: 'openid offline_access',
      prompt: 'consent',
      code_challenge_method: 'S256',
      code_challenge: hash('sha256', this.verifier, 'base64url'),
    };
  }

  async assertion(
    claims: object = {},
    header: { alg?: string } = {},
    client_id = this.metadata.client_id,
  ): Promise<string> {
    const payload = { iss: client_id, sub: client_id, aud: this.issuer, jti: randomUUID(), exp: now() + 60, ...claims };
    const rs = header.alg === 'RS256';
    return sign(payload, { alg: 'ES256', kid: rs ? 'rs' : 'es', ...header }, rs ? this.#rsa : this.#key);
  }

  async requestObject(params: object, claims: object = {}, header: object = {}): Promise<string> {
    const time = { iss: this.metadata.client_id, aud: this.issuer, nbf: now(), exp: now() + 300 };
    return sign({ ...time, ...params, ...claims }, { alg: 'ES256', kid: 'es', ...header }, this.#key);
  }

  async proof(htm: string, path: string, claims: object = {}): Promise<string> {
    const payload = { jti: randomUUID(), htm, htu: this.issuer + path, iat: now(), nonce: this.nonce, ...claims };
    return sign(payload, { alg: 'ES256', typ: 'dpop+jwt', jwk: this.#proofJwk }, this.#proofKey);
  }

  async request(
    path: string,
    init: { method?: string; headers?: object; body?: URLSearchParams | string } = {},
  ): Promise<Answer> {
    const { body, ...rest } = init;
    const response = await this.#fetch(this.issuer + path, {
      ...rest,
      headers: { ...rest.headers } as Record<string, string>,
      ...(body && { body }),
    });
    this.nonce = response.headers.get('dpop-nonce') ?? this.nonce;
    const text = await response.text();
    const json = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: json && text ? JSON.parse(text) : text };
  }

  /** A form to one of the endpoints for clients. */
  async post(
    path: string,
    params: Params,
    otherwise: Otherwise = {},
    client_id = this.metadata.client_id,
  ): Promise<Answer> {
    const client_assertion =
      otherwise.client_assertion ?? (await this.assertion(otherwise.assertion, otherwise.assertionHeader, client_id));
    const given = { ...params, client_assertion, client_assertion_type: assertionType };
    const stated = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const dpop = otherwise.dpop ?? (otherwise.proof ? await this.proof('POST', path, otherwise.proof) : undefined);
    const headers = { ...(dpop && { dpop }), ...otherwise.headers };
    return this.request(path, { method: otherwise.method ?? 'POST', headers, body: new URLSearchParams(stated) });
  }

  /** The content of a JWE for the client, by ECDH-ES. */
  async decrypted(jwe: string): Promise<string> {
    const key = await importJWK(await exportJWK(this.#key), 'ECDH-ES');
    return new TextDecoder().decode((await compactDecrypt(jwe, key)).plaintext);
  }

  /** The public keys of all its clients. */
  get keys(): object[] {
    return this.#jwks;
  }

  thumbprint(): Promise<string> {
    return calculateJwkThumbprint(this.#proofJwk);
  }

  push(params: Params = this.params, otherwise: Otherwise = {}): Promise<Answer> {
    return this.post('/request', params, otherwise);
  }

  token(params: Params, otherwise: Otherwise = { proof: {} }): Promise<Answer> {
    return this.post('/token', params, otherwise);
  }

  authorizationUrl(request_uri: string): URL {
    const url = new URL('/auth', this.issuer);
    url.search = new URLSearchParams({ client_id: `${this.metadata.client_id}`, request_uri }).toString();
    return url;
  }

  /** Where the browser is sent once the person has logged in and consented. */
  async authorize(request_uri: string): Promise<URL> {
    return (await authorize(this.browser, this.authorizationUrl(request_uri), person)).url;
  }

  /** A code, by a whole authorization. */
  async code(params: Params = this.params): Promise<string> {
    const { body } = await this.push(params);
    const url = await this.authorize(body.request_uri);
    const code = url.searchParams.get('code');
    if (!code) throw new Error(`no code: ${url.search}`);
    return code;
  }

  exchange(code: string, otherwise: Otherwise = { proof: {} }): Promise<Answer> {
    const { redirectUri: redirect_uri, verifier: code_verifier } = this;
    return this.token({ grant_type: 'authorization_code', code, redirect_uri, code_verifier }, otherwise);
  }
}
