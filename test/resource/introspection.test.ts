import { expect } from 'chai';
import { exportJWK, type GenerateKeyPairResult, generateKeyPair } from 'jose';
import Koa from 'koa';
import { type Configuration, Provider } from 'oidc-provider';

import { oauthError } from '../../lib/http/oauth_error.ts';
import { type IntrospectionSettings, introspection } from '../../lib/resource/introspection.ts';
import { protect } from '../../lib/resource/koa.ts';
import { seconds } from '../../lib/seconds.ts';
import { selfSigned } from '../../lib/server/development_certificate.ts';
import { serverOptions } from '../../lib/server/tls.ts';
import { type Listener, listen } from '../support/listener.ts';

const issuer = 'https://as.example.com';

describe('RFC7662-2 a resource server of its own', () => {
  let provider: Provider;
  let listener: Listener;
  let keys: GenerateKeyPairResult;

  before(async () => {
    keys = await generateKeyPair('ES256', { extractable: true });
    const own = await generateKeyPair('PS256', { extractable: true });
    provider = new Provider(issuer, {
      clients: [
        { client_id: 'client', redirect_uris: ['https://rp.example.com/cb'], token_endpoint_auth_method: 'none' },
        {
          ...{ client_id: 'rs', redirect_uris: [], response_types: [], grant_types: [] },
          ...{ token_endpoint_auth_method: 'private_key_jwt', introspection_signed_response_alg: 'PS256' },
          jwks: { keys: [await exportJWK(keys.publicKey)] },
        },
      ] as NonNullable<Configuration['clients']>,
      enabledJWA: { introspectionSigningAlgValues: ['PS256', 'RS256'] },
      jwks: { keys: [await exportJWK(own.privateKey)] } as never,
      cookies: { keys: ['of the test'] },
      features: {
        devInteractions: { enabled: false },
        fapi: { enabled: true, profile: '2.0' },
        introspection: { enabled: true, allowedPolicy: () => true },
        jwtIntrospection: { enabled: true },
      },
    });
    listener = await listen(provider, serverOptions(await selfSigned(['localhost'])));
  });

  after(() => listener.close());

  /** What `fetch` would do if it trusted the certificate of the test. */
  const toListener = (async (url: string | URL, init: RequestInit = {}) => {
    const { pathname } = new URL(url);
    const headers = { ...Object.fromEntries(new Headers(init.headers)), host: 'as.example.com' };
    const isForm = init.body instanceof URLSearchParams;
    const form = isForm ? { 'content-type': 'application/x-www-form-urlencoded' } : {};
    const { status, text } = await listener.ask(pathname, {
      method: init.method ?? 'GET',
      headers: { ...headers, ...form },
      ...(isForm ? { body: String(init.body) } : {}),
    });
    return new Response(text, { status });
  }) as typeof fetch;

  const settings = (): IntrospectionSettings => ({
    ...{ issuer, introspection_endpoint: `${issuer}/token/introspection` },
    ...{ client_id: 'rs', key: keys.privateKey, alg: 'ES256', fetch: toListener },
  });

  async function issue() {
    const client = await provider.Client.find('client');
    if (!client) throw new Error('the client of the test is not there');
    const grant = new provider.Grant({ clientId: 'client', accountId: 'alice' });
    const grantId = await grant.save();
    const common = { client, accountId: 'alice', gty: 'authorization_code', scope: 'accounts', expiresIn: 60 };
    return new provider.AccessToken({ ...common, grantId, jkt: 'x'.repeat(43) }).save();
  }

  for (const [what, more] of Object.entries({ 'in JSON': {}, 'signed, RFC9701-5': { jwks_uri: `${issuer}/jwks` } })) {
    describe(what, () => {
      it('learns what a token stands for', async () => {
        const found = await introspection({ ...settings(), ...more })(await issue());
        expect(found).to.include({ client_id: 'client', sub: 'alice', scope: 'accounts' });
        expect(found?.cnf).to.deep.equal({ jkt: 'x'.repeat(43) });
      });

      it('learns that it stands for nothing any more', async () => {
        const token = await issue();
        await (await provider.AccessToken.find(token))?.destroy();
        expect(await introspection({ ...settings(), ...more })(token)).to.equal(undefined);
      });
    });
  }

  it('learns that junk stands for nothing, also when it looks like a JWT', async () => {
    for (const junk of ['x', 'eyJhbGciOiJQUzI1NiJ9.e30.eA', `${'a'.repeat(50)}.${'b'.repeat(50)}.c`]) {
      expect(await introspection(settings())(junk), junk).to.equal(undefined);
    }
  });

  it('does not believe an answer signed by somebody else', async () => {
    const { publicKey } = await generateKeyPair('PS256', { extractable: true });
    const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'PS256' }] });
    const fetch = (async (url: string, init: RequestInit) =>
      url.endsWith('/jwks') ? new Response(jwks) : toListener(url, init)) as typeof globalThis.fetch;
    const verify = introspection({ ...settings(), jwks_uri: `${issuer}/jwks`, fetch });
    const failure = await verify(await issue()).catch((error) => error);
    expect(failure).to.include({ name: 'VerificationFailed', status: 503 });
  });

  const ahead = () => seconds() + 60;
  for (const [title, answer] of Object.entries({
    'is not active, whatever else it says': () => ({ active: false, exp: ahead() }),
    'says that it is active in another type': () => ({ active: 'true', exp: ahead() }),
    'has expired': () => ({ active: true, exp: 1 }),
    'does not say when it ends': () => ({ active: true }),
  })) {
    it(`learns nothing of a token of which the answer ${title}`, async () => {
      const fetch = (async () => Response.json({ client_id: 'client', ...answer() })) as typeof globalThis.fetch;
      expect(await introspection({ ...settings(), fetch })('token')).to.equal(undefined);
    });
  }

  it('takes no answer for one that tells of an error', async () => {
    const fetch = (async () => Response.json({ active: false }, { status: 401 })) as typeof globalThis.fetch;
    const failure = await introspection({ ...settings(), fetch })('token').catch((error) => error);
    expect(failure).to.include({ name: 'VerificationFailed', status: 503 });
  });

  it('answers 503 while nobody tells', async () => {
    const fetch = async () => Promise.reject(new TypeError('fetch failed'));
    const verify = introspection({ ...settings(), fetch: fetch as never });
    const app = new Koa();
    app.silent = true;
    app.use(oauthError()).use(protect({ verify, origins: [issuer], unique: async () => true }) as Koa.Middleware);
    const resource = await listen(app);
    const { status, headers, body } = await resource.ask('/', { headers: { authorization: 'Bearer token' } });
    await resource.close();
    expect(status).to.equal(503);
    expect(headers['retry-after']).to.equal('1');
    expect(body.error).to.equal('temporarily_unavailable');
  });
});
