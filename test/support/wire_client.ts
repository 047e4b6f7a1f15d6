import { randomBytes, randomUUID } from 'node:crypto';

import { authorize, Browser } from '../../lib/demo/browser.ts';
import type { HttpsFetch } from '../../lib/http/https_fetch.ts';
import { type Claims, jwt, type Key, now, type ProofKey, proof, sha256, stated } from './jwt.ts';

/** Fields of a form; `undefined` is not sent. */
export type Params = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what a server answers is what a test looks into
  readonly body: any;
}

/** A key that assertions and request objects are signed with. */
export interface SigningKey {
  readonly key: Key;
  readonly kid: string;
  readonly alg?: string;
}

/** What is said otherwise than usual in one request; `false` where it is not said at all. */
export interface Otherwise {
  readonly assertion?: Claims | false;
  readonly assertionHeader?: Claims;
  readonly assertionKey?: SigningKey;
  /** A whole client assertion, made before. */
  readonly client_assertion?: string;
  readonly proof?: Claims | false;
  readonly proofKey?: ProofKey;
  /** A whole proof, made before. */
  readonly dpop?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly certificate?: false;
  readonly method?: string;
}

interface Init {
  readonly method?: string;
  readonly headers?: object;
  readonly body?: URLSearchParams | string;
}

export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
export const person = { login: 'demo', password: 'demo' };

/** A client that can be told to say anything, and hands out what came back as it came. */
export abstract class WireClient {
  readonly issuer: string;
  readonly verifier = randomBytes(32).toString('base64url');
  /** The person's. */
  browser: Browser;
  readonly proofKey: ProofKey;
  /** The last one the server gave. */
  nonce: string | undefined;
  readonly #fetch: HttpsFetch;
  readonly #browsing: HttpsFetch;

  abstract get client_id(): string;
  abstract get redirectUri(): string;
  abstract get params(): Record<string, string>;
  protected abstract get signing(): SigningKey;

  /** @param browsing shows no certificate. */
  protected constructor(issuer: string, key: ProofKey, fetch: HttpsFetch, browsing: HttpsFetch = fetch) {
    this.issuer = issuer;
    this.proofKey = key;
    this.#fetch = fetch;
    this.#browsing = browsing;
    this.browser = new Browser(browsing);
  }

  /** Where a path of the server is for this client; a whole URL is left as it is. */
  url(place: string): string {
    return place.startsWith('https:') ? place : this.issuer + place;
  }

  assertion(claims: object = {}, header: Claims = {}, id = this.client_id, by = this.signing): Promise<string> {
    const right = { iss: id, sub: id, aud: this.issuer, jti: randomUUID(), exp: now() + 60 };
    return jwt({ ...right, ...claims }, { alg: by.alg, kid: by.kid, ...header }, by.key);
  }

  requestObject(params: object, claims: object = {}, header: object = {}, by = this.signing): Promise<string> {
    const right = { iss: this.client_id, aud: this.issuer, nbf: now(), exp: now() + 300 };
    return jwt({ ...right, ...params, ...claims }, { alg: by.alg, kid: by.kid, ...header }, by.key);
  }

  proof(htm: string, place: string, claims: object = {}, key = this.proofKey, header: object = {}): Promise<string> {
    return proof(key, htm, this.url(place), { nonce: this.nonce, ...claims }, header);
  }

  async request(place: string, { body, ...init }: Init = {}, fetch = this.#fetch): Promise<Answer> {
    const headers = { ...init.headers } as Record<string, string>;
    const response = await fetch(this.url(place), { ...init, headers, ...(body && { body }) });
    this.nonce = response.headers.get('dpop-nonce') ?? this.nonce;
    const text = await response.text();
    const json = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: json && text ? JSON.parse(text) : text };
  }

  /** How the client authenticates, in the form. */
  protected async authentication(otherwise: Otherwise, id = this.client_id): Promise<Params> {
    const { assertion, assertionHeader, assertionKey, client_assertion } = otherwise;
    if (assertion === false) return {};
    return {
      client_assertion: client_assertion ?? (await this.assertion(assertion, assertionHeader, id, assertionKey)),
      client_assertion_type: assertionType,
    };
  }

  /** A form to one of the endpoints for clients. */
  async post(path: string, params: Params, otherwise: Otherwise = {}, id = this.client_id): Promise<Answer> {
    const fields = stated({ ...params, ...(await this.authentication(otherwise, id)) }) as Record<string, string>;
    const claims = otherwise.proof;
    const dpop = otherwise.dpop ?? (claims ? await this.proof('POST', path, claims, otherwise.proofKey) : undefined);
    const headers = { ...(dpop && { dpop }), ...otherwise.headers };
    const init = { method: otherwise.method ?? 'POST', headers, body: new URLSearchParams(fields) };
    return this.request(path, init, otherwise.certificate === false ? this.#browsing : this.#fetch);
  }

  push(params: Params = this.params, otherwise: Otherwise = {}): Promise<Answer> {
    return this.post('/request', params, otherwise);
  }

  token(params: Params, otherwise: Otherwise = { proof: {} }): Promise<Answer> {
    return this.post('/token', params, otherwise);
  }

  exchange(code: string, otherwise?: Otherwise, more: Params = {}): Promise<Answer> {
    const { redirectUri: redirect_uri, verifier: code_verifier } = this;
    return this.token({ grant_type: 'authorization_code', code, redirect_uri, code_verifier, ...more }, otherwise);
  }

  refresh(refresh_token: string, otherwise?: Otherwise, more: Params = {}): Promise<Answer> {
    return this.token({ grant_type: 'refresh_token', refresh_token, ...more }, otherwise);
  }

  introspect(token: string, id = this.client_id): Promise<Answer> {
    return this.post('/token/introspection', { token }, {}, id);
  }

  /** A resource of the server, with a token and the proof it is bound to. */
  async get(place: string, token: string, headers: object = {}, key = this.proofKey): Promise<Answer> {
    const dpop = await this.proof('GET', place, { ath: sha256(token) }, key);
    return this.request(place, { headers: { authorization: `DPoP ${token}`, dpop, ...headers } });
  }

  /** A resource of the server, with a token that is bound to a certificate, or to nothing. */
  bearing(place: string, token: string, headers: object = {}): Promise<Answer> {
    return this.request(place, { headers: { authorization: `Bearer ${token}`, ...headers } });
  }

  /** From now on it is somebody else's browser, where nobody has logged in. */
  leave(): void {
    this.browser = new Browser(this.#browsing);
  }

  authorizationUrl(request_uri: string, beside: Params = {}): URL {
    const url = new URL('/auth', this.issuer);
    const fields = stated({ client_id: this.client_id, request_uri, ...beside }) as Record<string, string>;
    url.search = new URLSearchParams(fields).toString();
    return url;
  }

  /** Where the browser is sent once the person has logged in and consented. */
  async authorize(request_uri: string, client_id = this.client_id): Promise<URL> {
    return (await authorize(this.browser, this.authorizationUrl(request_uri, { client_id }), person)).url;
  }

  /** A code, by a whole authorization. */
  async code(params: Params = this.params): Promise<string> {
    const { body } = await this.push(params);
    const url = await this.authorize(body.request_uri);
    const code = url.searchParams.get('code');
    if (!code) throw new Error(`no code: ${url.search}`);
    return code;
  }
}
