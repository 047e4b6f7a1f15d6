import { mock } from 'node:test';

import { expect } from 'chai';
import { decodeJwt, importJWK, type JWK, SignJWT } from 'jose';
import { authorize } from '../../lib/demo/browser.ts';
import { fapi2MessageSigning } from '../../lib/profiles/fapi2_message_signing.ts';
import { dpopNonces } from '../../lib/resource/dpop_nonce.ts';
import { keys } from '../support/configuration.ts';
import { closeAll, held, holds, served } from '../support/held.ts';
import { type Answer, RawClient } from '../support/raw_client.ts';

const yes = () => {};
const hour = 3600;
const now = () => Math.floor(Date.now() / 1000);

function refused({ status, body }: Answer, expected: number, error: string): void {
  expect({ status, error: body.error }).to.deep.equal({ status: expected, error });
}

async function bound(client: RawClient, scope = 'openid'): Promise<{ access_token: string; refresh_token?: string }> {
  const { status, body } = await client.exchange(await client.code({ ...client.params, scope }));
  expect(status, JSON.stringify(body)).to.equal(200);
  return body;
}

const userinfo = (client: RawClient, token: string) => client.get('/me', token);

describe('What a profile holds falls with the mechanism that holds it', () => {
  after(closeAll);

  describe('core', () => {
    const by = 'core';
    holds('FAPI2-SP-FINAL-5.3.2.1-12', { by }, async (client) => {
      const other = await RawClient.create(client.issuer);
      const { body } = await client.push({ ...client.params, dpop_jkt: other.proofKey.jkt });
      const code = (await client.authorize(body.request_uri)).searchParams.get('code') ?? '';
      refused(await client.exchange(code), 400, 'invalid_grant');
      refused(
        await client.push({ ...client.params, dpop_jkt: other.proofKey.jkt }, { proof: {} }),
        400,
        'invalid_request',
      );
    });
    holds('FAPI2-SP-FINAL-5.3.2.2-4', { by }, async (client) => {
      refused(await client.push(client.params, { client_assertion: '' }), 401, 'invalid_client');
    });
    holds('FAPI2-SP-FINAL-5.3.2.2-11', { by }, async (client) => {
      const { body } = await client.push();
      const { pathname, search } = client.authorizationUrl(body.request_uri);
      expect((await client.request(pathname + search)).status).to.equal(303);
    });
    holds('FAPI2-SP-FINAL-5.3.2.2-14', { by }, async (client) => {
      const nonce = 'n'.repeat(64);
      const { body } = await client.exchange(await client.code({ ...client.params, nonce }));
      expect(decodeJwt(body.id_token)).to.include({ nonce });
    });
    holds('FAPI2-SP-FINAL-5.3.4-5', { by }, async (client) => {
      const { access_token } = await bound(client);
      const thief = await RawClient.create(client.issuer);
      expect((await userinfo(thief, access_token)).status).to.equal(401);
      expect((await client.request('/me', { headers: { authorization: `Bearer ${access_token}` } })).status).to.equal(
        401,
      );
      expect((await userinfo(client, access_token)).status).to.equal(200);
    });
    holds('PAR-4', { by }, async (client) => {
      const { body } = await client.push({ ...client.params, state: 'pushed' });
      const url = client.authorizationUrl(body.request_uri);
      url.searchParams.set('state', 'beside');
      const stolen = new URL(url);
      stolen.searchParams.set('client_id', 'clien');
      expect((await client.request(stolen.pathname + stolen.search)).body).to.match(/invalid_request/);
      const answer = await authorize(client.browser, url, { login: 'demo', password: 'demo' });
      expect(answer.url.searchParams.get('state')).to.equal('pushed');
    });
  });

  describe('authorization_code', () => {
    const by = 'authorization_code';
    holds('FAPI2-SP-FINAL-5.3.2.2-9', { by }, async (client) => {
      const code = await client.code();
      const answers = await Promise.all(Array.from({ length: 4 }, () => client.exchange(code)));
      expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 400, 400, 400]);
      for (const lost of answers) if (lost.status === 400) expect(lost.body.error).to.equal('invalid_grant');
    });
    holds('RFC6749-4.1.2', { by, own: { ttl: { AuthorizationCode: 1 } } }, async (client) => {
      const code = await client.code();
      const { body } = await client.exchange(code);
      expect((await userinfo(client, body.access_token)).status).to.equal(200);
      await new Promise((resolve) => setTimeout(resolve, 2100));
      refused(await client.exchange(code), 400, 'invalid_grant');
      expect((await userinfo(client, body.access_token)).status).to.equal(401);
    });
  });

  describe('answers', () => {
    held('FAPI2-SP-FINAL-5.2.3-1', { by: 'answers' }, async (client) => {
      const { headers } = await client.request('/.well-known/openid-configuration');
      expect(headers.get('strict-transport-security')).to.match(/max-age=[0-9]{8}/);
    });
    held('RFC9700-4.16', { by: 'answers' }, async (client) => {
      const { headers } = await client.request('/auth?client_id=nobody');
      expect(headers.get('x-frame-options')).to.equal('DENY');
      expect(headers.get('content-security-policy')).to.include("frame-ancestors 'none'");
    });
    held('RFC6749-5.2', { by: 'answers' }, async (client) => {
      const answer = await client.push(
        { ...client.params, scope: undefined },
        { headers: { accept: 'text/html' }, client_assertion: 'x.y.z' },
      );
      expect(answer.headers.get('content-type')).to.match(/json/);
      expect(answer.body.error).to.be.a('string');
    });
  });

  held('FAPI2-SP-FINAL-5.2.1-1', { by: 'host' }, async (client) => {
    const { status } = await client.request('/.well-known/openid-configuration', { headers: { host: 'evil.example' } });
    expect(status).to.equal(421);
  });

  describe('requests', () => {
    held('PAR-2.3', { by: 'requests' }, async (client) => {
      const { status, headers, body } = await client.request('/request');
      expect({ status, allow: headers.get('allow'), error: body.error }).to.deep.equal({
        status: 405,
        allow: 'POST',
        error: 'invalid_request',
      });
      expect((await client.request('/short')).status, 'by a path of the deployment').to.equal(405);
      const large = await client.push({ ...client.params, state: 'x'.repeat(600_000) });
      refused(large, 413, 'invalid_request');
      expect((await client.request('/auth?client_id=client', { method: 'HEAD' })).status).to.equal(405);
    });
    held('FAPI2-SP-FINAL-5.2.3-3', { by: 'requests' }, async (client) => {
      const { headers } = await client.request('/auth?client_id=client', {
        headers: { origin: 'https://evil.example' },
      });
      expect(headers.get('access-control-allow-origin')).to.equal(null);
    });
  });

  describe('discovery', () => {
    held('FAPI2-SP-FINAL-5.3.2.1-1', { by: 'discovery' }, async (client) => {
      const { body } = await client.request('/.well-known/openid-configuration');
      expect(body.issuer).to.equal(client.issuer);
      expect(body.revocation_endpoint_auth_methods_supported).to.include('private_key_jwt');
      expect(body.introspection_endpoint_auth_signing_alg_values_supported).to.include('ES256');
    });
    held('FAPI2-SP-FINAL-5.2.2.1-1', { by: 'discovery' }, async (client) => {
      const { body } = await client.request('/.well-known/oauth-authorization-server');
      expect(body.mtls_endpoint_aliases).to.include({ token_endpoint: `${client.issuer}/token` });
      expect(body.mtls_endpoint_aliases).not.to.have.property('authorization_endpoint');
    });
  });

  held('RFC6749-10.10', { by: 'unknown_client' }, async (client) => {
    const verify = mock.method(crypto.subtle, 'verify');
    try {
      refused(
        await client.push({ ...client.params, client_id: undefined }, { assertion: { sub: 'nobody' } }),
        401,
        'invalid_client',
      );
      expect(verify.mock.callCount()).to.equal(1);
    } finally {
      verify.mock.restore();
    }
  });

  describe('par', () => {
    held('FAPI2-SP-FINAL-5.3.2.2-3', { by: 'par' }, async (client) => {
      const { headers } = await client.request(`/auth?${new URLSearchParams(client.params)}`);
      const url = new URL(headers.get('location') ?? '', client.issuer);
      expect(url.searchParams.get('error')).to.equal('invalid_request');
      expect(url.searchParams.get('error_description')).to.match(/^the authorization request was not pushed/);
      expect(url.searchParams.get('iss')).to.equal(client.issuer);
    });
    held('FAPI2-SP-FINAL-5.3.2.2-12', { by: 'par' }, async (client) => {
      const { status, body } = await client.push();
      expect({ status, expires_in: body.expires_in }).to.deep.equal({ status: 201, expires_in: 120 });
      expect((await client.authorize(body.request_uri)).searchParams.get('code')).to.be.a('string');
    });
    held('PAR-7.3', { by: 'par' }, async (client) => {
      const { body } = await client.push();
      const page = await client.browser.open(client.authorizationUrl(body.request_uri));
      const { url } = await client.browser.submit(page, { action: 'abort' });
      expect(url.searchParams.get('error')).to.equal('access_denied');
      const again = await client.authorize(body.request_uri);
      expect(again.searchParams.has('code')).to.equal(false);
    });
  });

  held('FAPI2-SP-FINAL-5.3.2.2-5', { by: 'pkce', own: { pkce: { required: () => false } } }, async (client) => {
    refused(
      await client.push({ ...client.params, code_challenge: undefined, code_challenge_method: undefined }),
      400,
      'invalid_request',
    );
    refused(await client.push({ ...client.params, code_challenge_method: 'plain' }), 400, 'invalid_request');
  });

  held('FAPI2-SP-FINAL-5.3.2.1-2', { by: 'code_flow' }, async (client) => {
    expect(() => client.provider.registerGrantType('password', yes)).to.throw('FAPI2-SP-FINAL-5.3.2.1-2');
    refused(await client.token({ grant_type: 'password' }), 400, 'unsupported_grant_type');
  });

  held('FAPI2-SP-FINAL-5.3.2.2-6', { by: 'core' }, async (client) => {
    refused(await client.push({ ...client.params, redirect_uri: undefined }), 400, 'invalid_request');
  });

  describe('replay', () => {
    held('FAPI2-SP-FINAL-6.2', { by: 'replay' }, async (client) => {
      const jti = 'one jti in two kinds of tokens';
      expect((await client.push(client.params, { assertion: { jti }, proof: { jti } })).status).to.equal(201);
      const dpop = await client.proof('POST', '/request');
      expect((await client.push(client.params, { dpop })).status).to.equal(201);
      refused(await client.push(client.params, { dpop }), 400, 'invalid_dpop_proof');
    });
    held('RFC7523-3-7', { by: 'replay' }, async (client) => {
      const client_assertion = await client.assertion();
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => client.push(client.params, { client_assertion })),
      );
      const won = answers.filter(({ status }) => status === 201);
      expect(won).to.have.length(1);
      for (const lost of answers) if (lost.status !== 201) refused(lost, 401, 'invalid_client');
      // Two clients whose names and jti make the same string when they are put one behind the other.
      expect((await client.push(client.params, { assertion: { jti: 't1' } })).status).to.equal(201);
      const namesake = { ...client.params, client_id: 'clien' };
      expect((await client.post('/request', namesake, { assertion: { jti: 'tt1' } }, 'clien')).status).to.equal(201);
    });
  });

  describe('client_auth', () => {
    const own = { assertJwtClientAuthClaimsAndHeader: yes };
    held('FAPI2-SP-FINAL-5.3.2.1-8', { by: 'client_auth', own }, async (client) => {
      for (const aud of [[client.issuer], `${client.issuer}/token`, `${client.issuer}/request`]) {
        refused(await client.push(client.params, { assertion: { aud } }), 401, 'invalid_client');
      }
      expect((await client.push()).status).to.equal(201);
    });
    held('RFC8725-3.12', { by: 'client_auth', own }, async (client) => {
      const { client_id } = client.params;
      refused(
        await client.push(client.params, { assertion: { client_id, response_type: 'code' } }),
        401,
        'invalid_client',
      );
      refused(
        await client.push(client.params, { assertionHeader: { typ: 'oauth-authz-req+jwt' } }),
        401,
        'invalid_client',
      );
    });
    held('RFC7523-3-4', { by: 'client_auth', own }, async (client) => {
      refused(await client.push(client.params, { assertion: { exp: now() + 24 * hour } }), 401, 'invalid_client');
    });
  });

  describe('jwks_uri', () => {
    const jwks = { keys: [] as object[] };
    let asked = 0;
    let status = 200;
    const own = {
      fetch: async () => {
        asked += 1;
        return new Response(JSON.stringify(jwks), { status, headers: { 'cache-control': 'max-age=31536000' } });
      },
    } as never;
    const client = { jwks: undefined, jwks_uri: 'https://client.example.com/jwks' };
    held('FAPI2-SP-FINAL-6.8-1', { by: 'jwks_uri', own, client }, async (raw) => {
      asked = 0;
      jwks.keys = raw.keys;
      expect((await raw.push()).status).to.equal(201);
      const { asymmetricKeyStore } = (await raw.provider.Client.find('client')) as unknown as {
        asymmetricKeyStore: { freshUntil: number };
      };
      // The other side asks for a year; its keys are looked at again after minutes.
      expect(asymmetricKeyStore.freshUntil).to.be.at.most(now() + 600);
      asymmetricKeyStore.freshUntil = now() - 1;
      jwks.keys = [];
      refused(await raw.push(), 401, 'invalid_client');
      expect(asked).to.equal(2);
    });
    holds('FAPI2-SP-FINAL-6.8-1', { by: 'jwks_uri', own, client, title: 'all of them at once' }, async (raw) => {
      jwks.keys = raw.keys;
      expect((await raw.push()).status).to.equal(201);
      const { asymmetricKeyStore } = (await raw.provider.Client.find('client')) as unknown as {
        asymmetricKeyStore: { freshUntil: number };
      };
      // All of them removed at once, with the address they were published at.
      status = 404;
      asymmetricKeyStore.freshUntil = now() - 1;
      asked = 0;
      for (let push = 0; push < 3; push += 1) expect((await raw.push()).body.error).to.equal('invalid_client');
      expect(asked, 'times a server was asked that has just failed').to.equal(1);
      status = 200;
      asymmetricKeyStore.freshUntil = now() - 1;
      expect((await raw.push()).status).to.equal(201);
    });
  });

  held('FAPI2-SP-FINAL-5.3.2.1-4', { by: 'sender_constraint' }, async (client) => {
    const code = await client.code();
    refused(await client.exchange(code, {}), 400, 'invalid_dpop_proof');
    const { status, body } = await client.exchange(code);
    expect({ status, token_type: body.token_type }).to.deep.equal({ status: 200, token_type: 'DPoP' });
  });

  held('FAPI2-SP-FINAL-5.3.2.1-10', { by: 'dpop' }, async (client) => {
    const { headers } = await client.push(client.params, { proof: {} });
    expect(headers.get('dpop-nonce')).to.have.length.above(20);
    refused(await client.push(client.params, { proof: { nonce: 'made up' } }), 400, 'use_dpop_nonce');
  });

  const nonceSecret = Buffer.alloc(32, 9);
  const shared = { by: 'dpop', own: { features: { dPoP: { nonceSecret } } }, title: 'a secret shared with a resource' };
  holds('FAPI2-SP-FINAL-5.3.2.1-10', shared, async (client) => {
    // A resource on the same origin makes the same nonces, of which a client keeps one.
    await client.push(client.params, { proof: {} });
    expect(dpopNonces(nonceSecret).valid(`${client.nonce}`)).to.equal(true);
    client.nonce = dpopNonces(nonceSecret).current();
    expect((await client.push(client.params, { proof: {} })).status).to.equal(201);
  });

  it('FAPI2-SP-FINAL-5.3.2.1-10 a nonce of one process is taken by every other on the same database', async () => {
    const settings = { dpop: { nonce: 'required' } } as const;
    const one = await served({ settings });
    refused(await one.push(one.params, { proof: {} }), 400, 'use_dpop_nonce');
    const another = await served({ settings });
    another.nonce = one.nonce;
    expect((await another.push(another.params, { proof: {} })).status).to.equal(201);
  });

  describe('clock', () => {
    const own = { assertJwtClientAuthClaimsAndHeader: yes, features: { dPoP: { requireNonce: () => false } } };
    held('FAPI2-SP-FINAL-5.3.2.1-13', { by: 'clock', own }, async (client) => {
      expect((await client.push(client.params, { assertion: { iat: now() + 8, nbf: now() + 8 } })).status).to.equal(
        201,
      );
      expect((await client.push(client.params, { proof: { iat: now() + 8 } })).status).to.equal(201);
      refused(await client.push(client.params, { assertion: { iat: now() + 61 } }), 401, 'invalid_client');
      refused(
        await client.push(client.params, { proof: { iat: now() + 61, nonce: undefined } }),
        400,
        'invalid_dpop_proof',
      );
    });
    held('DPOP-11.1', { by: 'clock', own }, async (client) => {
      await client.push(client.params, { proof: {} });
      expect(client.nonce).to.be.a('string');
      refused(await client.push(client.params, { proof: { iat: now() - hour } }), 400, 'invalid_dpop_proof');
    });
  });

  held('FAPI2-SP-FINAL-5.4.1-1', { by: 'algorithms' }, async (client) => {
    refused(await client.push(client.params, { assertionHeader: { alg: 'RS256' } }), 401, 'invalid_client');
    const { body } = await client.request('/.well-known/openid-configuration');
    expect(body.id_token_signing_alg_values_supported).to.have.members(['ES256', 'PS256', 'EdDSA']);
  });

  held(
    'FAPI2-SP-FINAL-5.4.1-4',
    { by: 'opaque', own: { formats: { bitsOfOpaqueRandomness: () => 8 } } },
    async (client) => {
      expect(await client.code()).to.have.length.of.at.least(22);
    },
  );

  held(
    'FAPI2-SP-FINAL-5.3.2.1-11',
    { by: 'authorization_code', own: { ttl: { AuthorizationCode: () => 600 } } },
    async (client) => {
      const code = await client.provider.AuthorizationCode.find(await client.code());
      expect(code?.exp).to.be.at.most(now() + 60);
    },
  );

  held('FAPI2-SP-FINAL-5.3.4-3', { by: 'access_token', own: { ttl: { AccessToken: 1 } } }, async (client) => {
    const { access_token } = await bound(client);
    await new Promise((resolve) => setTimeout(resolve, 2100));
    expect((await userinfo(client, access_token)).status).to.equal(401);
  });

  const forAYear = { ttl: { AccessToken: () => 365 * 24 * hour, ClientCredentials: () => 365 * 24 * hour } };
  held('FAPI2-SP-FINAL-6.1', { by: 'access_token', own: forAYear }, async (client) => {
    const { body } = await client.token({ grant_type: 'client_credentials', scope: 'openid' });
    expect(body.expires_in).to.be.at.most(hour);
    const { body: user } = await client.exchange(await client.code());
    expect(user.expires_in).to.be.at.most(hour);
  });

  describe('subject', () => {
    const by = 'subject';
    const answered = async (client: RawClient, more: Record<string, string>) => {
      const { body, status } = await client.push({ ...client.params, ...more });
      expect(status, JSON.stringify(body)).to.equal(201);
      const { searchParams } = await client.authorize(body.request_uri);
      return { error: searchParams.get('error'), code: searchParams.has('code'), iss: searchParams.has('iss') };
    };
    const refusal = { error: 'login_required', code: false, iss: true };
    const asking = (sub: object) => ({ claims: JSON.stringify({ id_token: { sub } }) });
    const own = { features: { claimsParameter: { enabled: true } } };

    held('OIDCC-3.1.2.2-4', { by, own, title: 'by claims' }, async (client) => {
      expect(await answered(client, asking({ values: ['jane', 'joe'] }))).to.deep.equal(refusal);
    });
    holds('OIDCC-3.1.2.2-4', { by, own, title: 'by claims, after a login' }, async (client) => {
      // The demo account is in the session by then.
      expect(await answered(client, asking({ values: ['joe', 'demo'] }))).to.include({ error: null, code: true });
      expect(await answered(client, asking({ value: 'jane' }))).to.deep.equal(refusal);
      expect(await answered(client, { ...asking({ values: ['jane'] }), prompt: 'none' })).to.deep.equal(refusal);
      expect(await answered(client, asking({ value: 'demo', essential: true } as never))).to.include({ code: true });
    });

    const hint = async (client: RawClient, sub: string) => {
      const [jwk = {}] = keys.jwks.keys as JWK[];
      return new SignJWT({ sub, iss: client.issuer, aud: 'client', iat: now(), exp: now() + 60 })
        .setProtectedHeader({ alg: `${jwk.alg}`, kid: `${jwk.kid}` })
        .sign(await importJWK(jwk));
    };
    held('OIDCC-3.1.2.2-4', { by, title: 'by a hint' }, async (client) => {
      expect(await answered(client, { id_token_hint: await hint(client, 'jane') })).to.deep.equal(refusal);
    });
    holds('OIDCC-3.1.2.2-4', { by, title: 'by a hint, after a login' }, async (client) => {
      expect(await answered(client, { id_token_hint: await hint(client, 'demo') })).to.include({ code: true });
      expect(await answered(client, { id_token_hint: await hint(client, 'jane') })).to.deep.equal(refusal);
    });
    const pairwise = {
      subjectTypes: ['pairwise'],
      pairwiseIdentifier: (_ctx: unknown, id: string) => `pairwise ${id}`,
    } as never;
    const hinted = { by, own: pairwise, client: { subject_type: 'pairwise' }, title: 'by a pairwise hint' } as const;
    holds('OIDCC-3.1.2.2-4', hinted, async (client) => {
      expect(await answered(client, { id_token_hint: await hint(client, 'pairwise demo') })).to.include({ code: true });
      expect(await answered(client, { id_token_hint: await hint(client, 'demo') })).to.deep.equal(refusal);
    });
  });

  held('FAPI2-SP-FINAL-5.3.2.1-9', { by: 'refresh_token' }, async (client) => {
    const { refresh_token } = await bound(client, 'openid');
    const { status, body } = await client.token({ grant_type: 'refresh_token', refresh_token });
    expect({ status, refresh_token: body.refresh_token }).to.deep.equal({ status: 200, refresh_token });
  });

  held(
    'RFC7662-4',
    {
      by: 'introspection',
      own: { features: { introspection: { enabled: true, allowedPolicy: () => true } } } as never,
    },
    async (client) => {
      const { access_token: token } = await bound(client);
      const as = async (who: string) => (await client.post('/token/introspection', { token }, {}, who)).body.active;
      expect({ other: await as('clien'), own: await as('client'), resource: await as('resource') }).to.deep.equal({
        other: false,
        own: true,
        resource: true,
      });
    },
  );

  const registration = { features: { registration: { enabled: true } } };
  holds(
    'RFC7662-4',
    { by: 'introspection', own: registration, title: 'also one that registered itself' },
    async (client) => {
      const metadata = { grant_types: [], response_types: [], redirect_uris: [], jwks: client.metadata.jwks };
      const registered = await client.request('/reg', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(metadata),
      });
      const { access_token: token } = await bound(client);
      const { body } = await client.post('/token/introspection', { token }, {}, registered.body.client_id);
      expect(body).to.deep.equal({ active: false });
    },
  );

  held(
    'RFC7009-2.1',
    { by: 'introspection', own: { features: { revocation: { enabled: true, allowedPolicy: () => true } } } as never },
    async (client) => {
      const { access_token: token } = await bound(client);
      await client.post('/token/revocation', { token }, {}, 'clien');
      expect((await userinfo(client, token)).status).to.equal(200);
      await client.post('/token/revocation', { token });
      expect((await userinfo(client, token)).status).to.equal(401);
    },
  );

  held('RFC9700-4.7', { by: 'session' }, async (client) => {
    const { body } = await client.push();
    const { headers } = await client.request(
      new URL(client.authorizationUrl(body.request_uri)).href.slice(client.issuer.length),
    );
    const cookies = headers.getSetCookie();
    expect(cookies).to.have.length.above(1);
    for (const cookie of cookies) expect(cookie).to.match(/^__(Secure|Host)-.*samesite=lax; secure; httponly/i);
  });

  describe('Message Signing', () => {
    const profile = fapi2MessageSigning;
    const own = { features: { requestObjects: { enabled: true, assertJwtClaimsAndHeader: yes } } };
    const jar = (clause: string, probe: (client: RawClient) => Promise<void>) =>
      held(clause, { by: 'jar', profile, own: clause.endsWith('-1') ? {} : own }, probe);
    const signed = async (client: RawClient, claims = {}, header = {}) => {
      const params: Record<string, string> = { ...client.params, response_mode: 'jwt' };
      return client.push({ client_id: 'client', request: await client.requestObject(params, claims, header) });
    };

    jar('FAPI2-MS-ID1-5.3.1-1', async (client) => {
      refused(await client.push({ ...client.params, response_mode: 'jwt' }), 400, 'invalid_request');
      expect((await signed(client)).status).to.equal(201);
      const object = await client.requestObject({ ...client.params, response_mode: 'jwt' });
      refused(
        await client.push({ client_id: 'client', request: `${object.slice(0, -8)}AAAAAAAA` }),
        400,
        'invalid_request_object',
      );
    });
    holds('FAPI2-MS-ID1-5.3.1-2', { by: 'jar', profile }, async (client) => {
      expect((await signed(client, { aud: ['https://other.example', client.issuer] })).status).to.equal(201);
      refused(await signed(client, { aud: undefined }), 400, 'invalid_request_object');
      refused(await signed(client, { aud: 'https://other.example' }), 400, 'invalid_request_object');
    });
    jar('FAPI2-MS-ID1-5.3.1-3', async (client) => {
      refused(await signed(client, { nbf: undefined }), 400, 'invalid_request_object');
      refused(await signed(client, { nbf: now() - 70 * 60, exp: now() + 60 }), 400, 'invalid_request_object');
    });
    const optional = { features: { requestObjects: { enabled: true } } };
    holds(
      'FAPI2-MS-ID1-5.3.1-3',
      { by: 'jar', own: optional, title: 'also where none is demanded' },
      async (client) => {
        // The Security Profile demands no request object; one that is sent is held to the same.
        const push = async (claims: object) =>
          client.push({ client_id: 'client', request: await client.requestObject(client.params, claims) });
        expect((await push({})).status).to.equal(201);
        refused(await push({ nbf: undefined }), 400, 'invalid_request_object');
        refused(await push({ exp: undefined }), 400, 'invalid_request_object');
        expect((await client.push()).status).to.equal(201);
      },
    );
    jar('FAPI2-MS-ID1-5.3.1-4', async (client) => {
      refused(await signed(client, { exp: undefined }), 400, 'invalid_request_object');
      refused(await signed(client, { exp: now() + 70 * 60 }), 400, 'invalid_request_object');
    });
    jar('FAPI2-MS-ID1-5.3.1-5', async (client) => {
      expect((await signed(client, {}, { typ: 'oauth-authz-req+jwt' })).status).to.equal(201);
      refused(await signed(client, {}, { typ: 'dpop+jwt' }), 400, 'invalid_request_object');
      refused(await signed(client, { sub: 'client', jti: 'x' }), 400, 'invalid_request_object');
    });
    jar('PAR-2.2', async (client) => {
      refused(await signed(client, { exp: now() - 3 }), 400, 'invalid_request_object');
      refused(await signed(client, { exp: now() + 2 }), 400, 'invalid_request_object');
      const { body } = await signed(client, { exp: now() + 30 });
      expect(body.expires_in).to.be.within(28, 30);
    });
    holds('PAR-2.2', { by: 'jar', profile, title: 'at half a second' }, async (client) => {
      const { body } = await signed(client, { exp: now() + 90.5 });
      expect(body.expires_in).to.be.within(88, 90);
      expect(Number.isInteger(body.expires_in)).to.equal(true);
    });

    held('FAPI2-MS-ID1-5.4.1-1', { by: 'jarm', profile }, async (client) => {
      const plain = await client.push({ client_id: 'client', request: await client.requestObject(client.params) });
      const { body } = plain.status === 201 ? plain : await signed(client);
      const { searchParams } = await client.authorize(body.request_uri);
      expect([...searchParams.keys()]).to.deep.equal(['response']);
      expect(decodeJwt(searchParams.get('response') ?? '')).to.include({ iss: client.issuer, aud: 'client' });
    });

    const introspect = (client: RawClient, accept: string) =>
      client.post('/token/introspection', { token: 'unknown' }, { headers: { accept } });
    const jwt = 'application/token-introspection+jwt';
    held('RFC9701-4', { by: 'signed_introspection', profile }, async (client) => {
      const { headers, body } = await introspect(client, jwt);
      expect(headers.get('content-type')).to.match(/^application\/token-introspection\+jwt/);
      expect(decodeJwt(body).token_introspection).to.deep.equal({ active: false });
      expect((await introspect(client, 'application/json')).body).to.deep.equal({ active: false });
      expect((await introspect(client, '*/*')).body).to.deep.equal({ active: false });
    });
    const registered = { introspection_signed_response_alg: 'ES256' } as const;
    held('RFC9701-6', { by: 'signed_introspection', profile, client: registered }, async (client) => {
      const { headers } = await introspect(client, 'application/json');
      expect(headers.get('content-type')).to.match(/^application\/token-introspection\+jwt/);
    });
    held('RFC8414-2', { by: 'jarm', profile }, async (client) => {
      const { body } = await client.request('/.well-known/openid-configuration');
      const modes: string[] = body.response_modes_supported;
      expect(modes).to.include('jwt');
      for (const response_mode of modes) {
        const request = await client.requestObject({ ...client.params, response_mode });
        expect((await client.push({ client_id: 'client', request })).status, response_mode).to.equal(201);
      }
    });
  });
});
