import { hash } from 'node:crypto';

import { expect } from 'chai';
import { compactDecrypt, decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose';

import { logTo } from '../../lib/log.ts';
import { Flow } from '../flows/flow.ts';

const accounts = 'https://api.example.com/accounts';
const payments = 'https://api.example.com/payments';
const resources = [
  { identifier: accounts, scopes: ['accounts'], lifetime: 60, introspected_by: ['resource', 'later'] },
  {
    identifier: payments,
    scopes: ['payments'],
    token: 'jwt',
    audience: 'https://api.example.com',
    signing_alg: 'PS256',
  },
];

describe('Resources of the file', () => {
  let flow: Flow;
  /** A code for these scopes, by a person who has not been here before. */
  const scoped = (scope: string) => {
    flow.client.leave();
    return flow.client.code({ ...flow.client.params, scope });
  };
  let decrypt: (jwe: string) => Promise<string>;
  const warned: unknown[] = [];

  before(async () => {
    const { publicKey, privateKey } = await generateKeyPair('ECDH-ES+A128KW', { extractable: true });
    decrypt = async (jwe) => Buffer.from((await compactDecrypt(jwe, privateKey)).plaintext).toString();
    const enc = { ...(await exportJWK(publicKey)), use: 'enc', kid: 'enc', alg: 'ECDH-ES+A128KW' };
    const quiet = () => {};
    logTo({ debug: quiet, info: quiet, warn: (about) => warned.push(about), error: quiet, fatal: quiet });
    flow = await Flow.start({
      file: 'config/development.yaml',
      set: [`resources=${JSON.stringify(resources)}`],
      client: (jwks: readonly object[]) => ({
        scope: 'openid offline_access accounts payments',
        jwks: { keys: [...jwks, enc] },
        id_token_encrypted_response_alg: 'ECDH-ES+A128KW',
        id_token_encrypted_response_enc: 'A256GCM',
        userinfo_signed_response_alg: 'ES256',
        userinfo_encrypted_response_alg: 'ECDH-ES+A128KW',
      }),
      others: (client) => [
        { ...client, client_id: 'payer', default_resource: payments, scope: 'openid accounts payments' },
        { ...client, client_id: 'narrow', scope: 'openid accounts' },
      ],
    });
  });
  after(async () => {
    logTo(undefined);
    await flow?.server.close();
  });

  const refusal = (status: number, error: string) => ({ status, error });
  const push = async (more: Readonly<Record<string, string>>, client_id = 'client') => {
    const { status, body } = await flow.client.post(
      '/request',
      { ...flow.client.params, client_id, ...more },
      {},
      client_id as never,
    );
    return status === 201 ? { status } : { status, error: body.error };
  };

  it('RFC8707-2: an unknown one, a relative one and one with a fragment are refused at the push', async () => {
    for (const resource of [
      'https://api.example.com/other',
      `${accounts}/`,
      '/accounts',
      `${accounts}#x`,
      'accounts',
    ]) {
      expect(await push({ resource }), resource).to.deep.equal(refusal(400, 'invalid_target'));
    }
    expect(await push({ resource: accounts })).to.deep.equal({ status: 201 });
  });

  it('who is named in introspected_by and is no client yet is told to the operator', () => {
    expect(warned).to.deep.include({ key: 'resources.0.introspected_by', client_id: 'later' });
  });

  it('a scope is for those clients that may ask for it', async () => {
    expect(await push({ scope: 'openid payments' }, 'narrow')).to.deep.equal(refusal(400, 'invalid_scope'));
    expect(await push({ scope: 'openid payments', resource: payments }, 'narrow')).to.deep.equal(
      refusal(400, 'invalid_scope'),
    );
  });

  it('RFC8707-2.2: several in one grant, each with tokens of its own', async () => {
    const granted = await scoped('openid offline_access accounts payments');
    const { body: forMe } = await flow.client.exchange(granted);
    expect(forMe.scope.split(' ')).to.have.members(['openid', 'offline_access']);
    expect((await flow.client.get('/me', forMe.access_token)).status).to.equal(200);

    const opaque = await flow.client.refresh(forMe.refresh_token, undefined, { resource: accounts });
    expect(opaque.body).to.include({ scope: 'accounts', expires_in: 60 });
    const jwt = await flow.client.refresh(forMe.refresh_token, undefined, { resource: payments });
    expect(jwt.body).to.include({ scope: 'payments', expires_in: 300 });
    expect(decodeProtectedHeader(jwt.body.access_token)).to.include({ typ: 'at+jwt', alg: 'PS256' });
    const claims = decodeJwt(jwt.body.access_token);
    expect(claims).to.deep.include({ aud: 'https://api.example.com', scope: 'payments' });
    expect(claims).to.include.keys('auth_time', 'jti', 'cnf', 'sub', 'client_id', 'iat', 'exp');
    const another = await flow.client.refresh(forMe.refresh_token, undefined, {
      resource: 'https://api.example.com/other',
    });
    expect({ status: another.status, error: another.body.error }).to.deep.equal(refusal(400, 'invalid_target'));
    const both = await flow.client.exchange(await scoped('accounts payments'));
    expect({ status: both.status, error: both.body.error }).to.deep.equal(refusal(400, 'invalid_target'));
    expect(both.body.error_description).to.match(/leaves open for which: send resource with one of those/);
  });

  it('a client without openid gets tokens for the one its scope means', async () => {
    const { body: pushed } = await flow.client.push({ ...flow.client.params, scope: 'accounts payments' });
    expect(pushed, 'both are known').to.have.keys('request_uri', 'expires_in');
    const { body } = await flow.client.exchange(await scoped('accounts'));
    expect(body).to.include({ scope: 'accounts', expires_in: 60 });
  });

  it('a client with a default_resource gets tokens for that where it names none', async () => {
    const { client } = flow;
    const authorization = { ...client.params, client_id: 'payer', scope: 'openid payments' };
    const { body: pushed } = await client.post('/request', authorization, {}, 'payer' as never);
    const code = (await client.authorize(pushed.request_uri, 'payer')).searchParams.get('code');
    const { redirectUri: redirect_uri, verifier: code_verifier } = client;
    const token = { grant_type: 'authorization_code', code, redirect_uri, code_verifier };
    const { body } = await client.post('/token', token, { proof: {} }, 'payer' as never);
    expect(decodeJwt(body.access_token)).to.deep.include({ aud: 'https://api.example.com', scope: 'payments' });

    const own = { grant_type: 'client_credentials', scope: 'accounts' };
    const { body: credentials } = await client.post('/token', own, { proof: {} }, 'payer' as never);
    expect(credentials).to.include({ scope: 'accounts', expires_in: 60 });
  });

  it('RFC7662-2.2-1: introspection tells aud and a jti, to those who may ask alone', async () => {
    const { body } = await flow.client.exchange(await scoped('accounts'));
    const { body: told } = await flow.client.introspect(body.access_token);
    expect(told).to.include({ active: true, aud: accounts, jti: hash('sha256', body.access_token, 'base64url') });
    expect(told.auth_time).to.be.a('number');
    const { body: untold } = await flow.client.introspect(body.access_token, 'clien');
    expect(untold).to.deep.equal({ active: false });
  });

  it('the sample resource accepts both kinds', async () => {
    const { body } = await flow.client.exchange(await scoped('openid offline_access accounts payments'));
    for (const [resource, scope] of [
      [accounts, 'accounts'],
      [payments, 'payments'],
    ] as const) {
      const { body: token } = await flow.client.refresh(body.refresh_token, undefined, { resource });
      const answer = await flow.client.get('/resource', token.access_token);
      expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
      expect(answer.body).to.include({ client_id: 'client', scope });
      const thief = await flow.client.request('/resource', {
        headers: { authorization: `Bearer ${token.access_token}` },
      });
      expect(thief.status).to.equal(401);
    }
  });

  it('ID Token and UserInfo are encrypted where a client registers for it', async () => {
    const { body } = await flow.client.exchange(await scoped('openid'));
    expect(decodeProtectedHeader(body.id_token)).to.include({ alg: 'ECDH-ES+A128KW', enc: 'A256GCM', kid: 'enc' });
    expect(decodeJwt(await decrypt(body.id_token))).to.include({ iss: flow.client.issuer, aud: 'client' });
    const { body: userinfo } = await flow.client.get('/me', body.access_token);
    expect(decodeJwt(await decrypt(userinfo))).to.include({ iss: flow.client.issuer, aud: 'client' });
  });
});
