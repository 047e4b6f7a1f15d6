import { expect } from 'chai';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import type { Answer } from '../../support/wire_client.ts';
import { richAuthorizationRequest } from '../plans.ts';
import type { Landing, SuiteClient } from './suite_client.ts';

const algorithms = ['PS256', 'ES256', 'EdDSA', 'Ed25519'];

/** RFC 6749 section 5.2: the characters of an error_description. */
const descriptive = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/;

/** At least so many bits as the suite measures them: Shannon's, of the characters that occur. */
function expectEntropy(value: string, least = 96): void {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  const bits = [...counts.values()].reduce((sum, count) => sum - count * Math.log2(count / value.length), 0);
  expect(bits, `entropy of ${value.length} characters`).to.be.above(least);
}

/** The push was refused: 400 and one of these errors. */
export function par({ status, headers, body }: Answer, ...errors: string[]): void {
  expect(status, JSON.stringify(body)).to.equal(400);
  expect(headers.get('content-type')).to.match(/^application\/json/);
  expect(body.error).to.be.oneOf(errors);
}

/** The push was refused for how the client authenticated. */
export function par4({ status, body }: Answer): void {
  expect(status, JSON.stringify(body)).to.be.oneOf([400, 401]);
  expect(body.error).to.be.oneOf(['invalid_request', 'invalid_client']);
}

/** The token endpoint refused; 401 only for invalid_client. */
export function tk({ status, headers, body }: Answer, ...errors: string[]): void {
  expect(body.error, JSON.stringify(body)).to.be.oneOf(errors);
  expect(status).to.be.oneOf(body.error === 'invalid_client' ? [400, 401] : [400]);
  expect(headers.get('content-type')).to.match(/^application\/json/);
  expect(body.error_description ?? '').to.match(descriptive);
}

/** The push succeeded. */
export function pushed({ status, headers, body }: Answer): string {
  expect(status, JSON.stringify(body)).to.equal(201);
  expect(headers.get('content-type')).to.match(/^application\/json/);
  expect(body.expires_in).to.be.a('number').within(5, 599);
  expectEntropy(body.request_uri);
  return body.request_uri;
}

async function verified(client: SuiteClient, token: string): Promise<JWTPayload> {
  const { body } = await client.request(`${client.server.issuer}/jwks`);
  const { kid, alg } = decodeProtectedHeader(token);
  expect(kid).to.be.a('string');
  expect(algorithms).to.include(alg);
  const { issuer } = client.server;
  const audience = client.party.client_id;
  return (await jwtVerify(token, createLocalJWKSet(body as JSONWebKeySet), { issuer, audience })).payload;
}

/** The parameters of an authorization response, out of its JWT where the variant has one. */
export async function response(
  client: SuiteClient,
  landing: Landing,
  plain = false,
  redirect_uri = client.party.redirect_uri,
): Promise<Record<string, unknown>> {
  if (!('url' in landing)) throw new Error(`a page instead of a redirect: ${landing.page}`);
  const { url } = landing;
  expect(`${url.origin}${url.pathname}`).to.equal(redirect_uri.split('?')[0]);
  expect(url.hash).to.equal('');
  const own = [...new URL(redirect_uri).searchParams];
  for (const [name, value] of own) expect(url.searchParams.get(name)).to.equal(value);
  const outer = Object.fromEntries([...url.searchParams].filter(([name]) => !own.some(([mine]) => mine === name)));
  // A request the server could not load has no response mode: the suite takes the error as it comes.
  if (!client.variant.signed || client.variant.ecosystem || (plain && !outer.response)) {
    expect(outer.iss).to.equal(client.server.issuer);
    return outer;
  }
  expect(Object.keys(outer)).to.deep.equal(['response']);
  const { exp = 0, ...payload } = await verified(client, `${outer.response}`);
  expect(exp - Date.now() / 1000).to.be.within(10, 600);
  return payload;
}

/** A code came back, with the state that was pushed. */
export async function code(client: SuiteClient, landing: Landing, state?: string): Promise<string> {
  const answered = await response(client, landing);
  expect(answered.error, JSON.stringify(answered)).to.equal(undefined);
  expect(answered.state).to.equal(state);
  expectEntropy(`${answered.code}`);
  return `${answered.code}`;
}

/** An error came back by redirect, and no code. */
export async function az(
  client: SuiteClient,
  landing: Landing,
  errors: string[],
  { state, plain, redirect_uri }: { state?: string | undefined; plain?: boolean; redirect_uri?: string } = {},
): Promise<void> {
  const answered = await response(client, landing, plain, redirect_uri);
  expect(answered).not.to.have.property('code');
  expect(answered.error).to.be.oneOf(errors);
  if (state !== undefined) expect(answered.state).to.equal(state);
}

export interface TokenResponse {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly claims: JWTPayload | undefined;
}

/** Tokens came back, as the suite wants them. */
export async function tokens(
  client: SuiteClient,
  { status, headers, body }: Answer,
  nonce?: string,
): Promise<TokenResponse> {
  expect(status, JSON.stringify(body)).to.equal(200);
  expect(headers.get('cache-control')).to.include('no-store');
  expect(body.token_type).to.equal(client.dpop ? 'DPoP' : 'Bearer');
  expect(body.expires_in).to.be.a('number');
  expectEntropy(body.access_token);
  if (client.variant.rich) expect(body.authorization_details).to.deep.equal(richAuthorizationRequest);
  if (body.refresh_token) expectEntropy(body.refresh_token);
  const openid = client.variant.openid === 'openid_connect';
  expect(body.id_token === undefined, 'an ID Token for openid and for nothing else').to.equal(!openid);
  const claims = openid ? await verified(client, body.id_token) : undefined;
  if (claims) {
    expect(claims.nonce).to.equal(nonce);
    expect(claims.sub).to.match(/^[\x21-\x7e]{1,255}$/);
  }
  return { ...body, claims };
}

/** The resource gave what it protects. */
export function given({ status, headers }: Answer): void {
  expect(status).to.be.oneOf([200, 201]);
  expect(Math.abs(Date.parse(headers.get('date') ?? '') - Date.now())).to.be.below(300_000);
}

/** The whole flow succeeds: the suite's `ok`. */
export async function flow(
  client: SuiteClient,
  params = client.params,
  otherwise = {},
  beside = {},
): Promise<TokenResponse> {
  const request_uri = pushed(await client.push(params, otherwise));
  const landing = await client.visit(client.authorizationUrl(request_uri, beside));
  const answer = await client.exchange(await code(client, landing, params.state));
  const issued = await tokens(client, answer, params.nonce);
  given(await client.resource(issued.access_token));
  return issued;
}

/** A code, by way of everything before it. */
export async function fresh(client: SuiteClient, params = client.params, otherwise = {}): Promise<string> {
  const request_uri = pushed(await client.push(params, otherwise));
  return code(client, await client.visit(client.authorizationUrl(request_uri)), params.state);
}
