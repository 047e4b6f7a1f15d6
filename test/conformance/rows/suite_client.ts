import { hash, randomBytes, randomUUID } from 'node:crypto';

import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose';

import { authorize, Browser, heading } from '../../../lib/demo/browser.ts';
import type { HttpsFetch } from '../../../lib/http/https_fetch.ts';
import { merge } from '../../../lib/merge.ts';
import { type FlowServer, person, trustingFetch } from '../../flows/server.ts';
import { richAuthorizationRequest } from '../plans.ts';
import type { Party, Variant } from './setting.ts';

type Claims = Readonly<Record<string, unknown>>;
type Key = Party['key'];

/** What came back, as it came. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what a server answers is what a test looks into
  readonly body: any;
}

/** What is said otherwise than usual; `false` where it is not said at all. */
export interface Otherwise {
  readonly assertion?: Claims | false;
  readonly assertionHeader?: Claims;
  /** Another key to sign the client assertion with. */
  readonly assertionKey?: Party;
  readonly object?: Claims | false;
  readonly objectHeader?: Claims;
  readonly objectKey?: Party;
  readonly proof?: Claims | false;
  readonly proofKey?: ProofKey;
  readonly certificate?: false;
  /** Beside the request object in the form. */
  readonly form?: Readonly<Record<string, string>>;
  readonly method?: string;
}

export interface ProofKey {
  readonly key: Key;
  readonly jwk: JWK;
  readonly jkt: string;
}

export async function proofKey(): Promise<ProofKey> {
  const { privateKey: key, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  return { key, jwk, jkt: await calculateJwkThumbprint(jwk) };
}

export const now = (): number => Math.floor(Date.now() / 1000);
const stated = (claims: Claims) =>
  Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
const letters = (length: number) => randomBytes(length).toString('hex').slice(0, length);

/** Signs, or does not where the header says `none`. */
export async function jwt(claims: Claims, header: Claims, key: Key): Promise<string> {
  if (header.alg === 'none') return new UnsecuredJWT(stated(claims)).encode();
  if (header.alg !== 'RS256') return new SignJWT(stated(claims)).setProtectedHeader(stated(header) as never).sign(key);
  // The same key by the padding of RS256, which a key made for PS256 does not do by itself.
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', key as never);
  const rs = await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, [
    'sign',
  ]);
  return new SignJWT(stated(claims)).setProtectedHeader(stated(header) as never).sign(rs as never);
}

/** The claims parameter of a consent, and that of a test. */
const bothClaims = ({ claims: one }: Claims, { claims: other }: Claims): Claims =>
  one && other ? { claims: merge<object>(one, other) } : {};

/** One of the suite's clients: says what the suite says, and hands out what came back. */
export class SuiteClient {
  readonly server: FlowServer;
  readonly variant: Variant;
  readonly party: Party;
  readonly verifier = letters(64);
  readonly browser: Browser;
  readonly proofKey: ProofKey;
  /** Parameters of an ecosystem's requests: its client registers a consent before each, and names it. */
  consenting?: (params: Claims) => Promise<{ readonly params: Claims; readonly object?: Claims | undefined }>;
  readonly #with: HttpsFetch;
  readonly #without: HttpsFetch;

  private constructor(server: FlowServer, variant: Variant, party: Party, key: ProofKey) {
    this.server = server;
    this.variant = variant;
    this.party = party;
    this.proofKey = key;
    this.#without = trustingFetch();
    this.#with = this.#showsCertificate ? trustingFetch(party.certificate) : this.#without;
    this.browser = new Browser(this.#without);
  }

  static async create(server: FlowServer, variant: Variant, party: Party): Promise<SuiteClient> {
    return new SuiteClient(server, variant, party, await proofKey());
  }

  get #showsCertificate(): boolean {
    return this.variant.client_auth_type === 'mtls' || this.variant.sender_constrain === 'mtls';
  }

  get dpop(): boolean {
    return this.variant.sender_constrain === 'dpop';
  }

  get scope(): string {
    return this.variant.openid === 'openid_connect' ? 'openid profile' : 'profile';
  }

  /** The alias where the client authenticates, or its token is bound, by certificate. */
  url(path: string): string {
    if (this.variant.ecosystem) return this.server.mtls + path;
    const mutual = path === '/request' ? this.variant.client_auth_type === 'mtls' : this.#showsCertificate;
    return (mutual ? this.server.mtls : this.server.issuer) + path;
  }

  get params(): Record<string, string> {
    const { client_id, redirect_uri } = this.party;
    return {
      client_id,
      response_type: 'code',
      redirect_uri,
      scope: this.scope,
      state: letters(10),
      ...(this.variant.openid === 'openid_connect' && { nonce: letters(10) }),
      ...(this.variant.signed && !this.variant.ecosystem && { response_mode: 'jwt' }),
      ...(this.variant.rich && { authorization_details: JSON.stringify(richAuthorizationRequest) }),
      code_challenge_method: 'S256',
      code_challenge: hash('sha256', this.verifier, 'base64url'),
    };
  }

  async #authentication({ assertion = {}, assertionHeader = {}, assertionKey = this.party }: Otherwise) {
    if (this.variant.client_auth_type === 'mtls' || assertion === false) return {};
    const { client_id: id } = this.party;
    const time = { iat: now(), nbf: now(), exp: now() + 60 };
    const claims = { iss: id, sub: id, aud: this.server.issuer, jti: randomUUID(), ...time, ...assertion };
    const header = { alg: 'PS256', kid: assertionKey.kid, ...assertionHeader };
    return {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await jwt(claims, header, assertionKey.key),
    };
  }

  async proof(
    htm: string,
    htu: string,
    claims: Claims = {},
    key = this.proofKey,
    header: Claims = {},
  ): Promise<string> {
    const payload = { jti: randomUUID(), htm, htu, iat: now(), ...claims };
    return jwt(payload, { alg: 'ES256', typ: 'dpop+jwt', jwk: key.jwk, ...header }, key.key);
  }

  async send(
    url: string,
    init: { method?: string; headers?: Record<string, string>; body?: URLSearchParams | string } = {},
    bare = false,
  ): Promise<Answer> {
    const response = await (bare ? this.#without : this.#with)(url, init);
    const text = await response.text();
    const json = /json/.test(response.headers.get('content-type') ?? '') && text !== '';
    return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
  }

  async #post(path: string, params: Claims, otherwise: Otherwise): Promise<Answer> {
    const url = this.url(path);
    const fields = stated({ ...params, ...(await this.#authentication(otherwise)) }) as Record<string, string>;
    const { proof, proofKey: key } = otherwise;
    const headers = proof ? { dpop: await this.proof('POST', url, proof, key) } : {};
    const { method = 'POST' } = otherwise;
    return this.send(url, { method, headers, body: new URLSearchParams(fields) }, otherwise.certificate === false);
  }

  /** A form to an endpoint that the client authenticates at. */
  post(path: string, params: Claims, otherwise: Otherwise = {}): Promise<Answer> {
    return this.#post(path, params, otherwise);
  }

  /** As a form, or as a signed request object where the variant has one. */
  async push(asked: Claims = this.params, otherwise: Otherwise = {}): Promise<Answer> {
    const { object = {}, objectHeader = {}, objectKey = this.party } = otherwise;
    if (!this.variant.signed || object === false) return this.#post('/request', asked, otherwise);
    const { params, object: named = {} } = (await this.consenting?.(asked)) ?? { params: asked };
    const { client_id } = this.party;
    const time = { nbf: now(), exp: now() + 300 };
    const rich = this.variant.rich && { authorization_details: richAuthorizationRequest };
    const own = { ...named, ...object, ...bothClaims(named, object) };
    const claims = { iss: client_id, aud: this.server.issuer, ...time, ...params, ...rich, ...own };
    const request = await jwt(claims, { alg: 'PS256', kid: objectKey.kid, ...objectHeader }, objectKey.key);
    return this.#post('/request', { client_id, request, ...otherwise.form }, otherwise);
  }

  /** The authorization request, with the duplicates the suite sends beside the request_uri. */
  authorizationUrl(request_uri: string, beside: Claims = {}): URL {
    const url = new URL('/auth', this.server.issuer);
    const { client_id, redirect_uri } = this.party;
    const duplicates = { response_type: 'code', scope: this.scope, redirect_uri };
    const fields = stated({ client_id, request_uri, ...duplicates, ...beside }) as Record<string, string>;
    url.search = new URLSearchParams(fields).toString();
    return url;
  }

  /** What the browser brings back to the client, or the page it ends at. */
  async visit(url: URL, decision: 'continue' | 'abort' = 'continue'): Promise<Landing> {
    const place =
      decision === 'continue'
        ? await authorize(this.browser, url, person)
        : await this.browser.submit(await this.browser.open(url), { action: 'abort' });
    return place.response ? { page: heading(place), status: place.response.status } : { url: place.url };
  }

  token(params: Claims, otherwise: Otherwise = {}): Promise<Answer> {
    return this.#post('/token', params, this.dpop ? { proof: {}, ...otherwise } : otherwise);
  }

  exchange(code: string, otherwise: Otherwise = {}, more: Claims = {}): Promise<Answer> {
    const { redirect_uri, client_id } = this.party;
    const grant = { grant_type: 'authorization_code', code, redirect_uri, code_verifier: this.verifier };
    const identified = this.variant.client_auth_type === 'mtls' ? { client_id } : {};
    return this.token({ ...grant, ...identified, ...more }, otherwise);
  }

  refresh(refresh_token: string, otherwise: Otherwise = {}, more: Claims = {}): Promise<Answer> {
    const identified = this.variant.client_auth_type === 'mtls' ? { client_id: this.party.client_id } : {};
    return this.token({ grant_type: 'refresh_token', refresh_token, ...identified, ...more }, otherwise);
  }

  get resourceUrl(): string {
    return this.url('/resource');
  }

  /** The protected resource, with the proof or the certificate the token is bound to. */
  async resource(token: string, headers: Record<string, string> = {}, key = this.proofKey): Promise<Answer> {
    const ath = hash('sha256', token, 'base64url');
    const bound: Record<string, string> = this.dpop
      ? { authorization: `DPoP ${token}`, dpop: await this.proof('GET', this.resourceUrl, { ath }, key) }
      : { authorization: `Bearer ${token}` };
    return this.send(this.resourceUrl, { headers: { ...bound, ...headers } });
  }
}

/** Where a browser ends: back at the client, or at a page of the server. */
export type Landing = { readonly url: URL } | { readonly page: string; readonly status: number };
