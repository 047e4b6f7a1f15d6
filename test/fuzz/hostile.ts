import type { Flow } from '../flows/flow.ts';
import { assertionType } from '../support/wire_client.ts';

export type Random = (below: number) => number;

/** A small generator (mulberry32): the same numbers for the same seed. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export interface Sent {
  readonly head: string;
  readonly body: string;
}

const pick = <T>(random: Random, from: readonly T[]): T => from[random(from.length)] as T;

const endpoints = [
  ...['/request', '/token', '/token/introspection', '/token/revocation', '/auth', '/auth/x', '/me', '/jwks'],
  ...['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server', '/session/end', '/resource'],
  ...['/session/end/confirm', '/session/end/success', '/interaction/x', '/reg', '/', '/nothing', '/refusals'],
];
const methods = ['POST', 'POST', 'POST', 'GET', 'GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'];
const names = [
  ...['client_id', 'response_type', 'response_mode', 'redirect_uri', 'scope', 'state', 'nonce', 'claims', 'resource'],
  ...['code_challenge', 'code_challenge_method', 'dpop_jkt', 'login_hint', 'id_token_hint', 'ui_locales', 'acr_values'],
  ...['max_age', 'prompt', 'display', 'authorization_details', 'request', 'request_uri', '__proto__', 'constructor'],
  ...['grant_type', 'code', 'code_verifier', 'refresh_token', 'token', 'token_type_hint', 'client_assertion', 'xsrf'],
  ...['client_assertion_type', 'client_secret', 'access_token', 'post_logout_redirect_uri', 'logout'],
];

/** A value of any JSON type, of any depth up to two thousand levels. */
function value(random: Random, markup: string): unknown {
  const deep = random(12) === 0 ? 2000 : 3;
  const leaves = [null, true, 0, -1, 1e308, 2 ** 53, '', 'x', markup, '\u0000', '\ud800', 'x'.repeat(5000), [], {}];
  const others: readonly unknown[] = [
    { toString: 1 },
    { __proto__: null, length: 7 },
    [[]],
    [null],
    { toJSON: 'x' },
    { $ref: '#' },
  ];
  let made: unknown = pick<unknown>(random, random(3) === 0 ? others : leaves);
  if (random(4) === 0) for (let level = 0; level < deep; level += 1) made = random(2) ? [made] : { x: made };
  return made;
}

const text = (given: unknown): string => (typeof given === 'string' ? given : JSON.stringify(given));

/** A JWT with a header and claims that are none, signed or as good as. */
function jwt(random: Random, markup: string): string {
  const part = (given: unknown) => Buffer.from(JSON.stringify(given)).toString('base64url');
  const header: Record<string, unknown> = { alg: pick(random, ['ES256', 'none', 'RS256', 'HS256', 7, null, {}]) };
  for (const name of ['typ', 'kid', 'crit', 'jwk', 'x5c', 'jku', 'zip', 'b64'])
    if (random(3) === 0) header[name] = value(random, markup);
  const claims: Record<string, unknown> = {};
  for (const name of ['iss', 'sub', 'aud', 'jti', 'exp', 'iat', 'nbf', 'htm', 'htu', 'nonce', ...names]) {
    if (random(4) === 0) claims[name] = value(random, markup);
  }
  const signature = pick(random, ['', 'AAAA', '=', 'x'.repeat(86)]);
  return [
    part(random(20) ? header : value(random, markup)),
    part(random(20) ? claims : value(random, markup)),
    signature,
  ]
    .slice(0, 2 + random(2))
    .join('.');
}

/** A JWT by the client's own key, so that what stands in it is looked at. */
function signed(flow: Flow, random: Random, markup: string): Promise<string> {
  const { client } = flow;
  const claims = Object.fromEntries(names.filter(() => random(6) === 0).map((name) => [name, value(random, markup)]));
  const header = random(2) ? {} : { typ: value(random, markup) };
  return random(2)
    ? client.assertion(Object.fromEntries(Object.entries(claims).slice(0, 3)), header as never)
    : client.requestObject({ ...client.params, ...(flow.signed && { response_mode: 'jwt' }) }, claims, header);
}

async function fields(flow: Flow, random: Random, markup: string): Promise<string> {
  const { client } = flow;
  const pairs = Object.entries(random(2) ? client.params : {});
  if (random(4)) pairs.push(['client_assertion', await client.assertion()], ['client_assertion_type', assertionType]);
  if (random(3) === 0)
    pairs.push(['grant_type', pick(random, ['authorization_code', 'refresh_token', 'client_credentials'])]);
  if (random(3) === 0) pairs.push(['request', random(2) ? jwt(random, markup) : await signed(flow, random, markup)]);
  for (let more = random(5); more > 0; more -= 1) {
    const name = pick(random, names);
    const given =
      /request$|assertion$|hint/.test(name) && random(2) ? jwt(random, markup) : text(value(random, markup));
    pairs.push([name, given]);
  }
  const encoded = pairs.map(([name, given]) => `${name}=${encodeURIComponent(given.toWellFormed())}`).join('&');
  return random(15) === 0 ? `${encoded}&state=%ff%fe%zz&=&&x` : encoded;
}

/** Headers that are odd, sent twice, or lie. */
function headers(flow: Flow, random: Random, markup: string): string[] {
  const { host } = new URL(flow.server.issuer);
  const lines = [
    `host: ${random(25) ? host : pick(random, ['', 'x', `${host}, x`, `user@${host}`])}`,
    'connection: close',
  ];
  const odd: readonly (() => string)[] = [
    () =>
      `accept: ${pick(random, ['text/html', 'application/json', '*/*', ';;;', 'application/token-introspection+jwt'])}`,
    () => `dpop: ${jwt(random, markup)}`,
    () => `authorization: ${pick(random, ['Bearer x', 'DPoP x', 'Basic eDp5', 'Basic =', 'x', `Bearer ${markup}`])}`,
    () => `host: ${host}`,
    () => `cookie: ${pick(random, ['__Host-session=x', '__Secure-interaction=%ff', '=', ';;', 'x'])}`,
    () => `content-encoding: ${pick(random, ['gzip', 'identity', 'x'])}`,
    () => `x-forwarded-host: ${markup}`,
    () => `x-fapi-interaction-id: ${markup}`,
    () => `origin: https://evil.example`,
    () =>
      `content-type: ${pick(random, ['text/plain', 'application/json', '', 'application/x-www-form-urlencoded; charset=x'])}`,
    () => `expect: 100-continue`,
    () => `range: bytes=0-`,
  ];
  for (let more = random(4); more > 0; more -= 1) lines.push(pick(random, odd)());
  return lines;
}

/** A request as no client library sends one. */
export async function hostileRequest(flow: Flow, random: Random, markup: string): Promise<Sent> {
  const method = pick(random, methods);
  const path = pick(random, endpoints);
  const query = random(3) ? '' : `?${await fields(flow, random, markup)}`.slice(0, 6000);
  const body = method === 'POST' || random(6) === 0 ? await fields(flow, random, markup) : '';
  const lines = headers(flow, random, markup).map((line) => line.replace(/[\r\n]/g, ''));
  if (body) {
    const typed = lines.some((line) => line.startsWith('content-type'));
    if (!typed) lines.push('content-type: application/x-www-form-urlencoded');
    lines.push(`content-length: ${Buffer.byteLength(body)}`);
  }
  return { head: `${method} ${path}${query} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, body };
}
