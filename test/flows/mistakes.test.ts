import { hash, randomBytes, randomUUID } from 'node:crypto';

import { expect } from 'chai';
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';

import { hashPassword } from '../../lib/accounts/password.ts';
import { refusals } from '../../lib/fapi/refusals.ts';
import { now } from '../support/jwt.ts';
import { type Answer, RawClient } from '../support/raw_client.ts';
import { clients } from './clients.ts';
import { later, present } from './clock.ts';
import { Flow, profiles } from './flow.ts';
import { trustingFetch } from './server.ts';

/** `path=value` of all that the sample file lacks without `development: true`. */
const production = [
  'development=false',
  `database.encryption_keys=["${randomBytes(32).toString('base64')}"]`,
  `accounts=${JSON.stringify([{ login: 'demo', password_hash: await hashPassword('demo') }])}`,
];

/** Clients beside the first, made of its metadata: one bound to a certificate, and those that have one. */
const others = (client: object) => [
  { ...client, client_id: 'certified', tls_client_certificate_bound_access_tokens: true },
  ...clients.map(({ metadata }) => metadata),
];

/** One that has its answers encrypted. */
const sealed = (client: object) => [
  {
    ...client,
    client_id: 'sealed',
    authorization_encrypted_response_alg: 'ECDH-ES',
    authorization_encrypted_response_enc: 'A256GCM',
  },
];

const form = { 'content-type': 'application/x-www-form-urlencoded' };

/** What a developer does wrong, and what they are told: status, error, and words to act on. */
type Mistake = readonly [
  what: string,
  make: (flow: Flow) => Promise<Answer | { status: number; body: unknown }>,
  status: number,
  error: string,
  words: RegExp,
];

const asserting =
  (claims: object, header: object = {}) =>
  ({ client }: Flow) =>
    client.push(client.params, { assertion: claims as never, assertionHeader: header as never });
const pushing =
  (params: Record<string, string | undefined>, otherwise: object = {}) =>
  ({ client }: Flow) =>
    client.push({ ...client.params, ...params }, otherwise);
const redeeming =
  (params: Record<string, string>, otherwise: object = { proof: {} }) =>
  async ({ client }: Flow) => {
    const usual = { grant_type: 'authorization_code', code: await client.code(), redirect_uri: client.redirectUri };
    return client.token({ ...usual, code_verifier: client.verifier, ...params }, otherwise);
  };
const proving =
  (proof: object) =>
  ({ client }: Flow) =>
    client.token({ grant_type: 'client_credentials', scope: 'openid' }, { proof: proof as never });

async function otherKey({ client }: Flow): Promise<Answer> {
  const { privateKey } = await generateKeyPair('ES256');
  const claims = { iss: 'client', sub: 'client', aud: client.issuer, jti: randomUUID() };
  const jwt = new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'es' }).setExpirationTime('1m');
  return client.push(client.params, { client_assertion: await jwt.sign(privateKey) });
}

async function proofOf(flow: Flow, header: object, claims: object = {}): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const payload = {
    jti: randomUUID(),
    htm: 'POST',
    htu: `${flow.client.issuer}/token`,
    iat: now(),
    nonce: flow.client.nonce,
    ...claims,
  };
  const all = { alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(publicKey), ...header };
  return new SignJWT(payload).setProtectedHeader(all).sign(privateKey);
}

const granting = (flow: Flow, dpop: string) =>
  flow.client.token({ grant_type: 'client_credentials', scope: 'openid' }, { dpop });

/** By a client with a certificate, at one of the two listeners. */
async function certified(
  flow: Flow,
  { at, certificate, id }: { at: 'issuer' | 'mtls'; certificate?: number; id: string },
): Promise<Answer> {
  const { key, cert } = clients[certificate ?? -1]?.certificate ?? {};
  const fetch = trustingFetch(key && cert ? { key, cert } : {});
  const body = new URLSearchParams({ client_id: id, grant_type: 'client_credentials', scope: 'openid' });
  const { issuer, mtls } = flow.server;
  const response = await fetch(`${at === 'mtls' ? mtls : issuer}/token`, { method: 'POST', headers: form, body });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

async function page(flow: Flow, path: string): Promise<{ status: number; body: unknown }> {
  const { status, body } = await flow.client.request(path, { headers: { accept: 'text/html' } });
  const text = `${body}`.replaceAll('&#39;', "'");
  return { status, body: { error: /<dd><bdi>([a-z_]+)<\/bdi>/.exec(text)?.[1], error_description: text } };
}

async function pushed({ client }: Flow): Promise<string> {
  const { pathname, search } = client.authorizationUrl((await client.push()).body.request_uri);
  return pathname + search;
}

async function token(flow: Flow): Promise<{ access_token: string; refresh_token: string }> {
  return (await flow.client.exchange(await flow.client.code())).body;
}

const mistakes: readonly Mistake[] = [
  ['wrong aud', asserting({ aud: 'https://other.example' }), 401, 'invalid_client', /aud must be 'https:\/\/localhost/],
  ['aud is the endpoint', asserting({ aud: ['x'] }), 401, 'invalid_client', /aud must be .*as a string/],
  ['unknown kid', asserting({}, { kid: 'none' }), 401, 'invalid_client', /kid.*register the key/],
  ['RS256', asserting({}, { alg: 'RS256' }), 401, 'invalid_client', /use PS256, ES256 or EdDSA/],
  ['another key', otherKey, 401, 'invalid_client', /signature.*registered key/],
  ['an expired assertion', asserting({ exp: now() - 100 }), 401, 'invalid_client', /expired.*check the clock/],
  ['an assertion for two hours', asserting({ exp: now() + 7200 }), 401, 'invalid_client', /within 3600 seconds/],
  ['no jti', asserting({ jti: undefined }), 401, 'invalid_client', /no jti.*random text/],
  ['sub that is not the client', asserting({ sub: 'clien' }), 400, 'invalid_request', /iss and sub must both be/],
  [
    'no PKCE',
    pushing({ code_challenge: undefined, code_challenge_method: undefined }),
    400,
    'invalid_request',
    /send code_challenge,/,
  ],
  ['PKCE by plain', pushing({ code_challenge_method: 'plain' }), 400, 'invalid_request', /code_challenge_method=S256/],
  [
    'wrong redirect_uri',
    pushing({ redirect_uri: 'https://client.example.com/other' }),
    400,
    'invalid_request',
    /sent was https:\/\/client.example.com\/other, registered are https:\/\/client.example.com\/callback/,
  ],
  [
    'http redirect_uri',
    pushing({ redirect_uri: 'http://localhost/callback' }),
    400,
    'invalid_request',
    /write 127.0.0.1/,
  ],
  ['no proof at token', redeeming({}, {}), 400, 'invalid_dpop_proof', /send the header DPoP.*still good/],
  [
    'no proof at refresh',
    async (flow) =>
      flow.client.token({ grant_type: 'refresh_token', refresh_token: (await token(flow)).refresh_token }, {}),
    400,
    'invalid_dpop_proof',
    /send the header DPoP/,
  ],
  ['no nonce', proving({ nonce: undefined }), 400, 'use_dpop_nonce', /proof whose nonce claim is the value of/],
  ['a nonce that is not ours', proving({ nonce: 'stale' }), 400, 'use_dpop_nonce', /DPoP-Nonce of this answer/],
  ['wrong htu', proving({ htu: 'https://other.example/token' }), 400, 'invalid_dpop_proof', /htu must be the URL/],
  ['wrong htm', proving({ htm: 'GET' }), 400, 'invalid_dpop_proof', /htm must be the method/],
  [
    'another key than dpop_jkt at the push',
    async ({ client }) => client.push({ ...client.params, dpop_jkt: hash('sha256', 'x', 'base64url') }, { proof: {} }),
    400,
    'invalid_request',
    /thumbprint was pushed as dpop_jkt/,
  ],
  [
    'another key than dpop_jkt at token',
    async ({ client }) => {
      const stranger = await RawClient.create(client.issuer);
      const code = await client.code({ ...client.params, dpop_jkt: client.proofKey.jkt });
      stranger.nonce = client.nonce;
      return client.exchange(code, { dpop: await stranger.proof('POST', '/token') });
    },
    400,
    'invalid_grant',
    /use the key whose thumbprint was pushed/,
  ],
  [
    'no certificate where tokens are bound to it',
    async ({ client }) => client.post('/token', { grant_type: 'client_credentials', scope: 'openid' }, {}, 'certified'),
    400,
    'invalid_request',
    /use https:\/\/localhost:\d+\/token \(mtls_endpoint_aliases\) and show the certificate/,
  ],
  [
    'a proof of another type',
    async (flow) => granting(flow, await proofOf(flow, { typ: 'JWT' })),
    400,
    'invalid_dpop_proof',
    /typ in its header must be dpop\+jwt/,
  ],
  [
    'wrong certificate',
    (flow) => certified(flow, { at: 'mtls', certificate: 4, id: 'tls_client_auth-mtls' }),
    401,
    'invalid_client',
    /certificate.*authority/,
  ],
  [
    'a certificate at the main port',
    (flow) => certified(flow, { at: 'issuer', certificate: 2, id: 'tls_client_auth-mtls' }),
    401,
    'invalid_client',
    /use the endpoints at https:\/\/localhost:\d+ \(mtls_endpoint_aliases\)/,
  ],
  [
    'an unregistered certificate',
    (flow) => certified(flow, { at: 'mtls', certificate: 2, id: 'self_signed_tls_client_auth-mtls' }),
    401,
    'invalid_client',
    /register it as x5c/,
  ],
  [
    'request_uri unknown',
    (flow) => page(flow, '/auth?client_id=client&request_uri=urn:ietf:params:oauth:request_uri:none'),
    400,
    'invalid_request_uri',
    /This link does not work[\s\S]*send it as it was answered/,
  ],
  [
    'an unknown client in the browser',
    (flow) => page(flow, '/auth?client_id=nobody&request_uri=urn:ietf:params:oauth:request_uri:none'),
    400,
    'invalid_client',
    /no client has this client_id.*check client_id/,
  ],
  [
    "another client's request_uri",
    async (flow) => page(flow, (await pushed(flow)).replace('client_id=client', 'client_id=clien')),
    400,
    'invalid_request_object',
    /client_id must be that of the client that pushed/,
  ],
  [
    'parameters at /auth',
    (flow) => page(flow, '/auth?client_id=client&response_type=code&scope=openid'),
    400,
    'invalid_request',
    /pushed_authorization_request_endpoint/,
  ],
  ['no scope', pushing({ scope: undefined }), 400, 'invalid_scope', /scopes_supported/],
  ['an unknown scope', pushing({ scope: 'everything' }), 400, 'invalid_scope', /scopes_supported/],
  [
    'another response_type',
    pushing({ response_type: 'token' }),
    400,
    'unsupported_response_type',
    /send response_type=code/,
  ],
  [
    'another response_mode',
    pushing({ response_mode: 'web_message' }),
    400,
    'unsupported_response_mode',
    /response_modes_supported/,
  ],
  ['a code_challenge that is no hash', pushing({ code_challenge: 'abc' }), 400, 'invalid_request', /43 characters/],
  ['an unknown prompt', pushing({ prompt: 'bogus' }), 400, 'invalid_request', /prompt value.*correct it/],
  ['claims that are no JSON', pushing({ claims: '{' }), 400, 'invalid_request', /claims parameter.*correct it/],
  ['an unknown resource', pushing({ resource: 'https://x.example' }), 400, 'invalid_target', /an absolute URI/],
  [
    'a nonce without openid',
    pushing({ scope: 'offline_access', nonce: 'n' }),
    400,
    'invalid_request',
    /nonce parameter.*add openid to scope/,
  ],
  ['a scope in quotation marks', pushing({ scope: 'openid "x"' }), 400, 'invalid_scope', /without quotation marks/],
  ['claims that are no object', pushing({ claims: '{"id_token":1}' }), 400, 'invalid_request', /claims.*correct it/],
  [
    'authorization_details of no type',
    pushing({ authorization_details: '[{"type":"loan"}]' }),
    400,
    'invalid_authorization_details',
    /loan is no type of this server.*authorization_details_types_supported/,
  ],
  ['a verifier too short', redeeming({ code_verifier: 'short' }), 400, 'invalid_request', /43 to 128 letters/],
  [
    'two ways to authenticate',
    pushing({}, { headers: { authorization: `Basic ${btoa('client:secret')}` } }),
    400,
    'invalid_request',
    /send client_assertion.*and no other/,
  ],
  ['no code', redeeming({ code: '' }), 400, 'invalid_request', /missing required parameter 'code'.*send it once/],
  [
    'a token in the query',
    ({ client }) => client.request('/me?access_token=x'),
    400,
    'invalid_request',
    /Authorization: DPoP.*never in the query/,
  ],
  [
    'request_uri at the push',
    pushing({ request_uri: 'urn:x' }),
    400,
    'request_uri_not_supported',
    /push the parameters themselves/,
  ],
  [
    'an unknown client',
    async ({ client }) => client.post('/token', {}, {}, 'nobody'),
    401,
    'invalid_client',
    /no client has this client_id/,
  ],
  [
    'a secret',
    async ({ client }) =>
      client.request('/token', {
        method: 'POST',
        headers: { ...form, authorization: `Basic ${btoa('client:secret')}` },
        body: 'grant_type=client_credentials',
      }),
    401,
    'invalid_client',
    /secrets are not accepted/,
  ],
  [
    'no authentication',
    async ({ client }) =>
      client.request('/token', { method: 'POST', headers: form, body: 'grant_type=client_credentials' }),
    400,
    'invalid_request',
    /client_assertion_type, or client_id together/,
  ],
  [
    'an assertion twice',
    async ({ client }) => {
      const client_assertion = await client.assertion();
      await client.push(client.params, { client_assertion });
      return client.push(client.params, { client_assertion });
    },
    401,
    'invalid_client',
    /another one for each request/,
  ],
  [
    'a code twice',
    async ({ client }) => {
      const code = await client.code();
      await client.exchange(code);
      return client.exchange(code);
    },
    400,
    'invalid_grant',
    /use each code once/,
  ],
  [
    'a wrong verifier',
    redeeming({ code_verifier: 'x'.repeat(43) }),
    400,
    'invalid_grant',
    /code_verifier of this request/,
  ],
  [
    'another redirect_uri with the code',
    redeeming({ redirect_uri: 'https://client.example.com/x' }),
    400,
    'invalid_grant',
    /exactly as it was pushed/,
  ],
  [
    "another's refresh token",
    async (flow) =>
      flow.client.post(
        '/token',
        { grant_type: 'refresh_token', refresh_token: (await token(flow)).refresh_token },
        { proof: {} },
        'clien',
      ),
    400,
    'invalid_grant',
    /client it was issued to/,
  ],
  [
    'a grant type that is not allowed',
    async ({ client }) =>
      client.post('/token', { grant_type: 'client_credentials', scope: 'openid' }, { proof: {} }, 'resource'),
    400,
    'unauthorized_client',
    /added to its grant_types/,
  ],
  [
    'a DPoP token as Bearer',
    async (flow) =>
      flow.client.request('/me', { headers: { authorization: `Bearer ${(await token(flow)).access_token}` } }),
    401,
    'invalid_token',
    /Authorization: DPoP, with a proof/,
  ],
  [
    'a JSON body',
    ({ client }) =>
      client.request('/request', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }),
    400,
    'invalid_request',
    /x-www-form-urlencoded, not as JSON/,
  ],
  [
    'another host',
    ({ client }) => client.request('/jwks', { headers: { host: 'other.example' } }),
    421,
    'invalid_request',
    /answers as localhost:\d+/,
  ],
  [
    'a way back from a logout that is not registered',
    ({ client }) => client.request('/session/end?client_id=client&post_logout_redirect_uri=https://x.example'),
    400,
    'invalid_request',
    /one of the post_logout_redirect_uris/,
  ],
  ['a GET at the push', ({ client }) => client.request('/request'), 405, 'invalid_request', /header Allow/],
];

for (const development of [true, false]) {
  describe(`27 mistakes, and more, ${development ? 'in development' : 'in production'}: an answer to act on`, () => {
    const nonce = 'dpop.nonce=required';
    const flow = Flow.during({ others, set: [nonce, ...(development ? [] : production)] });
    // Its answer has the first nonce.
    before(() => flow.client.push(flow.client.params, { proof: {} }));

    for (const [what, make, status, error, words] of mistakes) {
      it(`${what}: ${status} ${error}`, async () => {
        const answer = await make(flow);
        const { error_description, error_uri, ...body } = answer.body as Record<string, string>;
        expect({ status: answer.status, error: body.error }, JSON.stringify(answer.body)).to.deep.equal({
          status,
          error,
        });
        // Nobody learns from a production server which clients it has.
        const hidden = !development && status === 401 && error === 'invalid_client';
        expect(error_description).to.match(hidden ? /^client authentication failed$/ : words);
        if (hidden) expect(error_uri).to.equal(undefined);
        if (error_uri !== undefined) {
          const { pathname, hash: anchor } = new URL(error_uri);
          expect(pathname).to.equal('/refusals');
          expect(refusals.map(({ id }) => `#${id}`)).to.include(anchor);
          expect(error_description).to.match(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
        }
      });
    }
  });
}

describe('answers to mistakes that take time, and the pages that explain them', () => {
  const flow = Flow.during({});
  afterEach(present);

  it('an assertion for an hour is accepted, and remembered as long', async () => {
    const { client } = flow;
    const client_assertion = await client.assertion({ exp: now() + 3500 });
    expect((await client.push(client.params, { client_assertion })).status).to.equal(201);
    later(3300);
    expect((await client.push(client.params, { client_assertion })).status).to.equal(401);
  });

  it('request_uri expired: 400 invalid_request_uri, and the page says so', async () => {
    const path = await pushed(flow);
    later(300);
    const { status, body } = await page(flow, path);
    expect({ status, error: (body as { error: string }).error }).to.deep.equal({
      status: 400,
      error: 'invalid_request_uri',
    });
    expect((body as { error_description: string }).error_description).to.match(
      /This link has expired[\s\S]*push the request again/,
    );
  });

  it('request_uri used: 400 invalid_request_uri, and the page says so', async () => {
    const { client } = flow;
    const { request_uri } = (await client.push()).body;
    await client.authorize(request_uri);
    const { pathname, search } = client.authorizationUrl(request_uri);
    const { status, body } = await page(flow, pathname + search);
    expect(status).to.equal(400);
    expect((body as { error_description: string }).error_description).to.match(
      /This link was used already[\s\S]*good for one authorization/,
    );
  });

  it('the front page names the documents; unknown paths answer people with a page and programs with JSON', async () => {
    const { client } = flow;
    const front = await client.request('/', { headers: { accept: 'text/html' } });
    expect(front.status).to.equal(200);
    expect(front.body).to.include(`${client.issuer}/.well-known/openid-configuration`);
    const page = await client.request('/nothing', { headers: { accept: 'text/html' } });
    expect([page.status, /no such page/.test(page.body)]).to.deep.equal([404, true]);
    const json = await client.request('/nothing', { headers: { accept: 'application/json' } });
    expect([json.status, json.body.error]).to.deep.equal([404, 'not_found']);
    expect(json.body.error_description).to.include(
      `endpoints are in ${client.issuer}/.well-known/openid-configuration`,
    );
  });

  it('introspection without rights: 200, not active, and the front page of development says why', async () => {
    const { client } = flow;
    const { access_token } = await token(flow);
    const { status, body } = await client.post('/token/introspection', { token: access_token }, {}, 'clien');
    expect({ status, body }).to.deep.equal({ status: 200, body: { active: false } });
    const front = await client.request('/', { headers: { accept: 'text/html' } });
    expect(front.body).to.include('introspection_not_allowed').and.include('introspected_by of the resource');
  });

  it('a scope nobody knows, beside one that counts: 201, and the answer says what was left out', async () => {
    const { client } = flow;
    const pushed = async (more: object) => (await client.push({ ...client.params, ...more })).body;
    const { warning, warning_uri, ...others } = await pushed({ scope: 'openid accounts' });
    expect(others).to.have.keys('request_uri', 'expires_in');
    expect(warning).to.match(/left out \(scopes that do not count here: accounts\): correct them.*scopes_supported/);
    expect(warning_uri).to.equal(`${client.issuer}/refusals#scope_ignored`);
    expect((await pushed({ prompt: undefined })).warning).to.match(/here: offline_access\).*prompt=consent/);
    expect(await pushed({})).to.have.keys('request_uri', 'expires_in');
    const { request_uri } = await pushed({ scope: 'openid accounts' });
    expect((await client.authorize(request_uri)).searchParams.has('code')).to.equal(true);
  });

  it('error_uri leads to the entry on a page', async () => {
    const { body } = await flow.client.push({ ...flow.client.params, scope: undefined });
    const { pathname, hash: anchor } = new URL(body.error_uri);
    const answer = await flow.client.request(pathname);
    expect(answer.status).to.equal(200);
    expect(answer.body).to.include(`<h2 id="${anchor.slice(1)}">`);
  });

  it('every entry of the table has a name of its own', () => {
    const ids = refusals.map(({ id }) => id);
    expect(ids).to.deep.equal([...new Set(ids)]);
  });
});

for (const profile of profiles) {
  describe(`${profile}: an error that goes back by way of the browser`, () => {
    const flow = Flow.during({ profile, others: profile === 'fapi2-message-signing' ? sealed : undefined });
    const modes = ['jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt'];

    /** What the client is answered, out of its address, form or JWT. */
    async function answered(response_mode: string, client_id = 'client'): Promise<Record<string, unknown>> {
      const { client } = flow;
      const { redirectUri: redirect_uri } = client;
      const query = new URLSearchParams({
        ...{ client_id, response_type: 'code', scope: 'openid', redirect_uri, state: 'a&b', response_mode },
        ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
      });
      const { status, headers, body } = await client.request(`/auth?${query}`);
      const inputs = `${body}`.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g);
      const posted = [...inputs].map(([, name, value]) => [`${name}`, `${value}`.replaceAll('&amp;', '&')] as const);
      const back = new URL(headers.get('location') ?? 'x:');
      if (response_mode.startsWith('form_post')) {
        expect(body).to.include(`action="${redirect_uri}"`);
        expect(status).to.equal(400);
      } else {
        expect(back.origin + back.pathname).to.equal(redirect_uri);
        expect(status).to.equal(303);
      }
      const fields = Object.fromEntries([...posted, ...new URLSearchParams((back.search || back.hash).slice(1))]);
      if (!response_mode.endsWith('jwt')) return fields;
      expect(Object.keys(fields)).to.deep.equal(['response']);
      const sealed = `${fields.response}`.split('.').length === 5;
      expect(sealed).to.equal(client_id === 'sealed');
      const jwt = sealed ? await client.decrypted(`${fields.response}`) : `${fields.response}`;
      const { payload } = await jwtVerify(jwt, createLocalJWKSet((await client.request('/jwks')).body));
      const { exp, aud, ...told } = payload;
      expect(aud).to.equal(client_id);
      return told;
    }

    for (const mode of flow.signed ? modes : ['query', 'fragment', 'form_post']) {
      it(`has the words of the table, and state and iss beside them: ${mode}`, async () => {
        const { client } = flow;
        const { error_description, error_uri, ...others } = await answered(mode);
        expect(others).to.deep.equal({ error: 'invalid_request', state: 'a&b', iss: client.issuer });
        expect(error_description).to.match(/^the authorization request was not pushed: send its parameters to/);
        expect(error_uri).to.equal(`${client.issuer}/refusals#push_missing`);
      });
    }

    if (flow.signed) {
      it('and is encrypted for a client that registers for it', async () => {
        expect((await answered('jwt', 'sealed')).error_uri).to.match(/#push_missing$/);
      });
    }
  });
}
