import { expect } from 'chai';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { ClientMetadata, Configuration } from 'oidc-provider';

import { authorize } from '../../lib/demo/browser.ts';
import { interactionUrl } from '../../lib/interactions/routes.ts';
import type { Moving } from '../../lib/moving/clients.ts';
import { keys } from '../support/configuration.ts';
import { closeAll, served } from '../support/held.ts';
import type { Answer, RawClient } from '../support/raw_client.ts';

const redirect_uri = 'https://old.example.com/callback';
const own = 'urn:example:grant-type:own';
const rsa = { ...(await exportJWK((await generateKeyPair('RS256', { extractable: true })).privateKey)), alg: 'RS256' };
const old = {
  client_id: 'old',
  client_secret: 'a secret of the old client',
  redirect_uris: [redirect_uri],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials', 'implicit', own],
  response_types: ['code', 'code id_token'],
} as ClientMetadata;
const page = {
  client_id: 'page',
  token_endpoint_auth_method: 'none',
  redirect_uris: [redirect_uri],
  grant_types: ['authorization_code'],
} as ClientMetadata;
const asking = {
  client_id: 'asking',
  client_secret: 'a secret of an old resource server',
  redirect_uris: [],
  response_types: [],
  grant_types: [],
} as ClientMetadata;

/** A configuration as many have one: secrets, no pushed requests, tokens for whoever holds them. */
const asItWas: Configuration = {
  clients: [old, page, asking],
  jwks: { keys: [...keys.jwks.keys, { ...rsa, kid: 'rsa' }] } as NonNullable<Configuration['jwks']>,
  responseTypes: ['code', 'code id_token'],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
  clientBasedCORS: () => true,
  extraTokenClaims: () => undefined,
  findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  interactions: { url: interactionUrl },
  issueRefreshToken: () => true,
  pkce: { required: () => false },
  ttl: { AccessToken: 7200 },
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    introspection: { enabled: true },
    registration: { enabled: true },
    registrationManagement: { enabled: true },
    revocation: { enabled: true },
  },
};

const others = new Set(['old', 'page', 'asking', undefined]);
const moving: Moving = {
  before: asItWas,
  appliesTo: ({ client_id }) => !others.has(client_id),
  prepare(provider) {
    provider.registerGrantType(own, async (ctx) => {
      ctx.body = { own: ctx.oidc.client?.clientId };
    });
  },
};
const registering: Configuration = {
  features: { registration: { enabled: true }, registrationManagement: { enabled: true } },
};
const basic = ({ client_id, client_secret }: ClientMetadata) => ({
  authorization: `Basic ${btoa(`${client_id}:${encodeURIComponent(`${client_secret}`)}`)}`,
});
const person = { login: 'demo', password: 'demo' };

/** What an application of before sends, authenticated by a secret. */
const form = (raw: RawClient, path: string, fields: Record<string, string>, headers: object = basic(old)) =>
  raw.request(path, { method: 'POST', headers, body: new URLSearchParams(fields) });

async function callback(raw: RawClient, params: Record<string, string>): Promise<URL> {
  const url = new URL('/auth', raw.issuer);
  url.search = new URLSearchParams({
    redirect_uri,
    scope: 'openid offline_access',
    prompt: 'consent',
    ...params,
  }).toString();
  return (await authorize(raw.browser, url, person)).url;
}

async function tokensOfOld(raw: RawClient): Promise<Answer> {
  const code = (await callback(raw, { client_id: 'old', response_type: 'code' })).searchParams.get('code');
  return form(raw, '/token', { grant_type: 'authorization_code', code: `${code}`, redirect_uri });
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

const userinfo = (raw: RawClient, token: string) => raw.get('/me', token);

describe('Clients that move to the profile one by one', () => {
  let raw: RawClient;
  const heard: string[] = [];
  before(async () => {
    raw = await served({
      moving,
      own: registering,
      afterwards: (provider) => provider.on('grant.success', (ctx) => void heard.push(`${ctx.oidc.client?.clientId}`)),
    });
  });
  after(closeAll);

  describe('those that have not moved', () => {
    it('get a code without pushing, by a secret, and tokens for whoever holds them, in one browser with the others', async () => {
      const { status, body } = await tokensOfOld(raw);
      expect(status, JSON.stringify(body)).to.equal(200);
      expect(body).to.include({ token_type: 'Bearer', expires_in: 7200 }).and.include.keys('refresh_token', 'id_token');
      expect((await raw.request('/me', bearer(body.access_token))).body).to.deep.equal({ sub: 'demo' });
      const { refresh_token } = body;
      const refreshed = await form(raw, '/token', { grant_type: 'refresh_token', refresh_token });
      expect(refreshed.body.token_type).to.equal('Bearer');
      const { access_token: token } = refreshed.body;
      expect((await form(raw, '/token/introspection', { token })).body).to.include({ active: true, client_id: 'old' });
      await form(raw, '/token/revocation', { token });
      expect((await raw.request('/me', bearer(token))).status).to.equal(401);
    });

    it('get answers of other kinds than a code, signed by the key they know', async () => {
      const answer = await callback(raw, { client_id: 'old', response_type: 'code id_token', nonce: 'n' });
      const { id_token } = Object.fromEntries(new URLSearchParams(answer.hash.slice(1)));
      expect(JSON.parse(Buffer.from(`${id_token}`.split('.')[0] ?? '', 'base64url').toString())).to.include({
        alg: 'RS256',
        kid: 'rsa',
      });
      const { keys: published } = (await raw.request('/jwks')).body as { keys: JWK[] };
      expect(published.filter(({ kid }) => kid === 'rsa')).to.have.length(1);
      expect(published).to.have.length(keys.jwks.keys.length + 1);
    });

    it('are scripts of a page too, with the headers they need', async () => {
      const headers = { origin: 'https://old.example.com' };
      const asked = await raw.request('/token', {
        method: 'OPTIONS',
        headers: { ...headers, 'access-control-request-method': 'POST' },
      });
      expect(asked.status).to.equal(204);
      const url = await callback(raw, {
        client_id: 'page',
        response_type: 'code',
        code_challenge: raw.params.code_challenge ?? '',
        code_challenge_method: 'S256',
      });
      const code = `${url.searchParams.get('code')}`;
      const fields = { grant_type: 'authorization_code', client_id: 'page', code, redirect_uri };
      const answer = await form(raw, '/token', { ...fields, code_verifier: raw.verifier }, headers);
      expect(answer.body).to.include({ token_type: 'Bearer' });
      // A middleware of the deployment says it of every answer; only here it stays.
      expect(answer.headers.get('access-control-allow-origin')).to.be.oneOf(['*', headers.origin]);
    });

    it('use grants of their own, devices, and are told of to the listeners of the deployment', async () => {
      expect((await form(raw, '/token', { grant_type: own })).body).to.deep.equal({ own: 'old' });
      expect(heard).to.include('old');
    });

    it('are answered in the words of core', async () => {
      const { status, body, headers } = await form(raw, '/token', {
        grant_type: 'authorization_code',
        code: 'x',
        redirect_uri,
      });
      expect([status, body.error_description]).to.deep.equal([400, 'grant request is invalid']);
      expect(headers.get('strict-transport-security')).to.match(/max-age/);
    });
  });

  describe('those that have moved', () => {
    it('go through a whole flow of the profile', async () => {
      const { status, body } = await raw.exchange(await raw.code());
      expect(status).to.equal(200);
      expect(body).to.include({ token_type: 'DPoP', expires_in: 300 });
      expect((await userinfo(raw, body.access_token)).body).to.deep.equal({ sub: 'demo' });
      const { refresh_token } = body;
      expect((await raw.token({ grant_type: 'refresh_token', refresh_token })).body.token_type).to.equal('DPoP');
      expect(heard).to.include('client');
    });

    it('cannot leave it by the way in which others ask', async () => {
      const url = new URL('/auth', raw.issuer);
      url.search = new URLSearchParams({ ...raw.params, response_type: 'code id_token', nonce: 'n' }).toString();
      const place = await raw.browser.open(url);
      const answer = Object.fromEntries(new URLSearchParams(place.url.hash.slice(1) || place.url.search));
      expect(answer).to.include({ error: 'invalid_request' }).and.not.to.have.any.keys('code', 'id_token');
      const code = await raw.code();
      const unbound = await raw.exchange(code, {});
      expect(unbound.status).to.equal(400);
    });

    for (const [what, headers, fields] of [
      ['the secret of another client, under its own id', basic({ ...old, client_id: 'client' }), {}],
      ['the secret of another client, beside its own id', basic(old), { client_id: 'client' }],
      [
        'the id of another client, beside a secret of its own',
        basic({ ...old, client_id: 'client' }),
        { client_id: 'old' },
      ],
      ['no authentication', {}, { client_id: 'client' }],
    ] as const) {
      it(`cannot leave it by ${what}`, async () => {
        const answer = await form(raw, '/token', { grant_type: 'client_credentials', ...fields }, headers);
        expect([400, 401]).to.include(answer.status);
        expect(answer.body).not.to.have.property('access_token');
      });
    }

    it('cannot have its code, its refresh token or its access token used as those of others are', async () => {
      const code = await raw.code();
      const stolen = await form(raw, '/token', {
        grant_type: 'authorization_code',
        code,
        redirect_uri: raw.redirectUri,
        code_verifier: raw.verifier,
      });
      expect(stolen.body.error).to.equal('invalid_grant');
      const { access_token, refresh_token } = (await raw.exchange(await raw.code())).body;
      const refreshed = await form(raw, '/token', { grant_type: 'refresh_token', refresh_token });
      expect(refreshed.body.error).to.equal('invalid_grant');
      expect((await raw.request('/me', bearer(access_token))).status).to.equal(401);
      expect((await raw.request(`/me?access_token=${access_token}`)).status).to.be.oneOf([400, 401]);
    });

    it('has tokens about which their protected resource may ask, and no other client', async () => {
      const { access_token: token } = (await raw.exchange(await raw.code())).body;
      const asked = async (headers: object) =>
        (await form(raw, '/token/introspection', { token }, headers)).body.active;
      expect(await asked(basic(old))).to.equal(false);
      const answer = await raw.post('/token/introspection', { token }, {}, 'resource');
      expect(answer.body).to.include({ active: true, client_id: 'client' });
      expect(await asked(basic(asking)), 'a resource that has not moved').to.equal(true);
    });

    it('a protected resource among them asks about the tokens of the others', async () => {
      const { access_token: token } = (await tokensOfOld(raw)).body;
      const answer = await raw.post('/token/introspection', { token }, {}, 'resource');
      expect(answer.body).to.include({ active: true, client_id: 'old' }).and.not.to.have.property('cnf');
      const foreign = await raw.post('/token/introspection', { token }, {}, 'client');
      expect(foreign.body).to.deep.equal({ active: false });
    });

    it('leaves no token from before good that is bound to nothing', async () => {
      const { access_token } = (await tokensOfOld(raw)).body;
      others.delete('old');
      try {
        expect((await raw.request('/me', bearer(access_token))).status).to.equal(401);
        expect((await form(raw, '/token', { grant_type: 'client_credentials' })).body).not.to.have.property(
          'access_token',
        );
      } finally {
        others.add('old');
      }
    });
  });

  it('metadata tell each kind what there is for it, and demand of all only what all have to do', async () => {
    const { body } = await raw.request('/.well-known/openid-configuration');
    expect(body.token_endpoint_auth_methods_supported).to.include.members([
      'private_key_jwt',
      'client_secret_basic',
      'none',
    ]);
    expect(body.response_types_supported).to.include.members(['code', 'code id_token']);
    expect(body.grant_types_supported).to.include.members(['urn:ietf:params:oauth:grant-type:device_code', own]);
    expect(body.require_pushed_authorization_requests).to.equal(false);
    expect(body.device_authorization_endpoint).to.equal(`${raw.issuer}/device/auth`);
    expect(body.id_token_signing_alg_values_supported).to.include.members(['ES256', 'RS256']);
    expect(body.issuer).to.equal(raw.issuer);
  });

  it('pages of the deployment find clients of both kinds, by the provider they have', async () => {
    for (const id of ['client', 'old', 'page']) {
      expect((await raw.provider.Client.find(id))?.clientId).to.equal(id);
    }
  });
});

describe('Clients that register themselves', () => {
  after(closeAll);

  it('are served as the predicate says of what they register, and none of the profile changes into another', async () => {
    const raw = await served({
      moving: {
        before: { ...asItWas, clients: [] },
        appliesTo: (client) => client.token_endpoint_auth_method !== 'client_secret_basic',
      },
      own: registering,
    });
    const send = (method: string, path: string, body: object, token = '') =>
      raw.request(path, {
        method,
        headers: { 'content-type': 'application/json', ...(token && bearer(token).headers) },
        body: JSON.stringify(body),
      });
    const secret = { redirect_uris: [redirect_uri], token_endpoint_auth_method: 'client_secret_basic' };
    const key = {
      redirect_uris: [redirect_uri],
      jwks: { keys: raw.keys },
      token_endpoint_auth_method: 'private_key_jwt',
    };
    const [other, moved] = [await send('POST', '/reg', secret), await send('POST', '/reg', key)];
    expect([other.status, moved.status], JSON.stringify([other.body, moved.body])).to.deep.equal([201, 201]);
    expect(moved.body.dpop_bound_access_tokens).to.equal(true);
    const answer = await form(raw, '/token', { grant_type: 'refresh_token', refresh_token: 'x' }, basic(other.body));
    expect(answer.body.error, 'authenticated').not.to.equal('invalid_client');
    for (const [made, metadata] of [
      [other, key],
      [moved, secret],
    ] as const) {
      const { client_id, client_secret, registration_access_token: token } = made.body;
      const known = { ...metadata, client_id, ...(client_secret && { client_secret }) };
      const changed = await send('PUT', `/reg/${client_id}`, known, token);
      expect(changed.status, JSON.stringify(changed.body)).to.equal(400);
      expect((await raw.request(`/reg/${client_id}`, bearer(token))).body.client_id).to.equal(client_id);
    }
  });
});

describe('A client the profile would refuse', () => {
  after(closeAll);

  it('is reported with its violations, and served as before meanwhile', async () => {
    const reports: [string, unknown[]][] = [];
    const raw = await served({
      moving: {
        ...moving,
        appliesTo: () => true,
        report: ({ client_id }, violations) =>
          void reports.push([client_id, violations.map(({ path }) => path?.join('.'))]),
      },
    });
    expect((await tokensOfOld(raw)).body.token_type).to.equal('Bearer');
    expect((await raw.exchange(await raw.code())).body.token_type).to.equal('DPoP');
    expect(reports.map(([id]) => id)).to.have.members(['old', 'page', 'asking']);
    expect(Object.fromEntries(reports).page).to.include('token_endpoint_auth_method');
  });

  it('is refused at boot without a report', async () => {
    const error = await served({ moving: { ...moving, appliesTo: () => true } }).catch((reason: Error) => reason);
    expect(error).to.have.property('name', 'ProfileViolationError');
  });

  it('is in the profile where the predicate fails, or says anything but false', async () => {
    const raw = await served({
      moving: {
        ...moving,
        report: () => {},
        appliesTo({ client_id }) {
          if (client_id === 'client') throw new Error('the database is away');
          return (client_id === 'clien' ? undefined : false) as boolean;
        },
      },
    });
    for (const id of ['client', 'clien']) {
      const { status } = await raw.post('/token', { grant_type: 'client_credentials' }, {}, id);
      expect(status, 'no proof').to.equal(400);
    }
  });
});
