import { randomBytes } from 'node:crypto';

import { authorize, heading } from '../../../lib/demo/browser.ts';
import { merge } from '../../../lib/merge.ts';
import { type FlowServer, trustingFetch } from '../../flows/server.ts';
import { type Claims, now, type ProofKey, proofKey, sha256 } from '../../support/jwt.ts';
import { type Answer, type Params, person, type Otherwise as Said, WireClient } from '../../support/wire_client.ts';
import { richAuthorizationRequest } from '../plans.ts';
import type { Party, Variant } from './setting.ts';

/** What is said otherwise than usual; `false` where it is not said at all. */
export interface Otherwise extends Said {
  readonly object?: Claims | false;
  readonly objectHeader?: Claims;
  readonly objectKey?: Party;
  /** Beside the request object in the form. */
  readonly form?: Readonly<Record<string, string>>;
}

interface At {
  readonly at?: string;
  readonly key?: ProofKey | undefined;
}

const letters = (length: number) => randomBytes(length).toString('hex').slice(0, length);

/** The claims parameter of a consent, and that of a test. */
const bothClaims = ({ claims: one }: Claims, { claims: other }: Claims): Claims =>
  one && other ? { claims: merge<object>(one, other) } : {};

/** One of the suite's clients: says what the suite says. */
export class SuiteClient extends WireClient {
  readonly server: FlowServer;
  readonly variant: Variant;
  readonly party: Party;
  /** Parameters of an ecosystem's requests: its client registers a consent before each, and names it. */
  consenting?: (params: Claims) => Promise<{ readonly params: Claims; readonly object?: Claims | undefined }>;

  private constructor(server: FlowServer, variant: Variant, party: Party, key: ProofKey) {
    const without = trustingFetch();
    super(server.issuer, key, showsCertificate(variant) ? trustingFetch(party.certificate) : without, without);
    this.server = server;
    this.variant = variant;
    this.party = party;
  }

  static async create(server: FlowServer, variant: Variant, party: Party): Promise<SuiteClient> {
    return new SuiteClient(server, variant, party, await proofKey());
  }

  get client_id(): string {
    return this.party.client_id;
  }

  get redirectUri(): string {
    return this.party.redirect_uri;
  }

  protected get signing() {
    return { ...this.party, alg: 'PS256' };
  }

  get dpop(): boolean {
    return this.variant.sender_constrain === 'dpop';
  }

  get scope(): string {
    return this.variant.openid === 'openid_connect' ? 'openid profile' : 'profile';
  }

  /** The alias where the client authenticates, or its token is bound, by certificate. */
  override url(place: string): string {
    if (place.startsWith('https:')) return place;
    if (this.variant.ecosystem) return this.server.mtls + place;
    const mutual = place === '/request' ? this.variant.client_auth_type === 'mtls' : showsCertificate(this.variant);
    return (mutual ? this.server.mtls : this.server.issuer) + place;
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
      code_challenge: sha256(this.verifier),
    };
  }

  protected override async authentication(otherwise: Otherwise, id?: string): Promise<Params> {
    return this.variant.client_auth_type === 'mtls' ? {} : super.authentication(otherwise, id);
  }

  override assertion(claims: object = {}, header?: Claims, id?: string, by = this.signing): Promise<string> {
    return super.assertion({ iat: now(), nbf: now(), ...claims }, header, id, by);
  }

  /** Without a nonce, unless told otherwise. */
  override proof(htm: string, place: string, claims: object = {}, key?: ProofKey, header?: object): Promise<string> {
    return super.proof(htm, place, { nonce: undefined, ...claims }, key, header);
  }

  /** As a form, or as a signed request object where the variant has one. */
  override async push(asked: Claims = this.params, otherwise: Otherwise = {}): Promise<Answer> {
    const { object = {}, objectHeader, objectKey } = otherwise;
    if (!this.variant.signed || object === false) return super.push(asked, otherwise);
    const { params, object: named = {} } = (await this.consenting?.(asked)) ?? { params: asked };
    const rich = this.variant.rich && { authorization_details: richAuthorizationRequest };
    const own = { ...rich, ...named, ...object, ...bothClaims(named, object) };
    const by = objectKey && { ...objectKey, alg: 'PS256' };
    const request = await this.requestObject(params, own, objectHeader, by);
    return super.push({ client_id: this.client_id, request, ...otherwise.form }, otherwise);
  }

  /** The authorization request, with the duplicates the suite sends beside the request_uri. */
  override authorizationUrl(request_uri: string, beside: Params = {}): URL {
    const duplicates = { response_type: 'code', scope: this.scope, redirect_uri: this.redirectUri };
    return super.authorizationUrl(request_uri, { ...duplicates, ...beside });
  }

  /** What the browser brings back to the client, or the page it ends at. */
  async visit(url: URL, decision: 'continue' | 'abort' = 'continue'): Promise<Landing> {
    const place =
      decision === 'continue'
        ? await authorize(this.browser, url, person)
        : await this.browser.submit(await this.browser.open(url), { action: 'abort' });
    return place.response ? { page: heading(place), status: place.response.status } : { url: place.url };
  }

  override token(params: Params, otherwise: Otherwise = {}): Promise<Answer> {
    const identified = this.variant.client_auth_type === 'mtls' ? { client_id: this.client_id } : {};
    return super.token({ ...identified, ...params }, this.dpop ? { proof: {}, ...otherwise } : otherwise);
  }

  get resourceUrl(): string {
    return this.url('/resource');
  }

  /** The protected resource, with the proof or the certificate the token is bound to. */
  resource(token: string, headers: object = {}, { at = '/resource', key }: At = {}): Promise<Answer> {
    return this.dpop ? this.get(at, token, headers, key) : this.bearing(at, token, headers);
  }
}

const showsCertificate = ({ client_auth_type, sender_constrain }: Variant): boolean =>
  client_auth_type === 'mtls' || sender_constrain === 'mtls';

/** Where a browser ends: back at the client, or at a page of the server. */
export type Landing = { readonly url: URL } | { readonly page: string; readonly status: number };
