import { expect } from 'chai';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Configuration, errors, Provider } from 'oidc-provider';

import { CertificateAuthority } from '../support/certificates.ts';
import { closeAll, served } from '../support/held.ts';
import type { RawClient } from '../support/raw_client.ts';

const api = 'https://api.example.com';
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';

const resourceServer = (more: object): Configuration => ({
  features: {
    resourceIndicators: { enabled: true, getResourceServerInfo: () => ({ scope: 'openid api', ...more }) },
  },
});

const userinfo = (client: RawClient, token: string) => client.get('/me', token);

describe('What a deployment writes around its provider', () => {
  after(closeAll);

  it('RFC8705-2.1 functions of its own for certificates do not let a header stand for one', async () => {
    const features = { mTLS: { certificateAuthorized: () => true, certificateSubjectMatches: () => true } };
    const client = { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: 'CN=client' };
    const authority = await CertificateAuthority.root('CN=Clients');
    const authorities = [authority.certificate];
    const victim = (await authority.issue({ subject: 'CN=client' })).certificate;
    const raw = await served({
      own: { features } as never,
      client: client as never,
      settings: { mtls: { url: 'https://localhost', authorities } },
    });
    const headers = {
      'x-ssl-cert': victim.replaceAll('\n', ' '),
      'x-ssl-verify': 'SUCCESS',
      'x-ssl-dn': 'CN=client',
    };
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'client' });
    const { status, body: answer } = await raw.request('/token', { method: 'POST', headers, body });
    expect({ status, error: answer.error }).to.deep.equal({ status: 401, error: 'invalid_client' });
  });

  it('FAPI2-SP-FINAL-6.1 a customizer adds what it likes, and leaves binding, lifetime, audience and type', async () => {
    const jwt = (_ctx: unknown, _token: unknown, made: { header?: object; payload: Record<string, unknown> }) => {
      made.header = { typ: 'jwt', x: 1 };
      made.payload = { ...made.payload, cnf: { jkt: 'x' }, exp: 9e9, aud: '*', mine: 1 };
    };
    const raw = await served({
      own: {
        ...resourceServer({ accessTokenFormat: 'jwt', audience: api }),
        formats: { customizers: { jwt } },
      } as never,
    });
    const { body } = await raw.token({ grant_type: 'client_credentials', resource: api });
    const { exp, iat, ...claims } = decodeJwt(body.access_token) as Record<string, unknown>;
    expect(claims).to.deep.include({ aud: api, mine: 1, cnf: { jkt: raw.proofKey.jkt } });
    expect(Number(exp) - Number(iat)).to.equal(body.expires_in);
    expect(decodeProtectedHeader(body.access_token)).to.include({ typ: 'at+jwt', x: 1 });
  });

  it('a customizer may end a token earlier', async () => {
    const jwt = (_ctx: unknown, _token: unknown, { payload }: { payload: Record<string, number> }) => {
      payload.exp = Number(payload.exp) - 100;
    };
    const raw = await served({
      own: {
        ...resourceServer({ accessTokenFormat: 'jwt', audience: api }),
        formats: { customizers: { jwt } },
      } as never,
    });
    const { body } = await raw.token({ grant_type: 'client_credentials', resource: api });
    const { exp = 0, iat = 0 } = decodeJwt(body.access_token);
    expect(exp - iat).to.equal(200);
  });

  for (const [asked, given] of [
    [60, 60],
    [1200, 1200],
    [86_400, 3600],
    [undefined, 300],
  ] as const) {
    it(`FAPI2-SP-FINAL-6.1 a resource server that asks for tokens of ${asked} seconds gets ${given}`, async () => {
      const raw = await served({ own: resourceServer(asked === undefined ? {} : { accessTokenTTL: asked }) });
      const { body } = await raw.token({ grant_type: 'client_credentials', resource: api });
      expect(body.expires_in).to.equal(given);
    });
  }

  it('FAPI2-SP-FINAL-5.3.2.1-4 a token without binding that lies in the store from before is none', async () => {
    const raw = await served({});
    const { body } = await raw.exchange(await raw.code());
    const { adapter } = raw.provider.AccessToken;
    const payload = await adapter.find(body.access_token);
    const { jkt, ...unbound } = payload as { jkt?: string };
    await adapter.upsert('an-old-bearer-token', { ...unbound, jti: 'an-old-bearer-token' } as never, 300);
    const old = await raw.request('/me', { headers: { authorization: 'Bearer an-old-bearer-token' } });
    expect({ status: old.status, bound: (await userinfo(raw, body.access_token)).status }).to.deep.equal({
      status: 401,
      bound: 200,
    });
    const { body: told } = await raw.post('/token/introspection', { token: 'an-old-bearer-token' });
    expect(told).to.deep.equal({ active: false });
    expect(jkt).to.be.a('string');
  });

  it('RFC8705-5 of CIBA has its endpoint among those of the listener that asks for client certificates', async () => {
    const ciba = { enabled: true, triggerAuthenticationDevice() {}, validateRequestContext() {}, verifyUserCode() {} };
    const raw = await served({ own: { features: { ciba } } as never });
    const { body } = await raw.request('/.well-known/openid-configuration');
    expect(body.mtls_endpoint_aliases.backchannel_authentication_endpoint).to.equal(`${raw.issuer}/backchannel`);
  });

  describe('a grant of its own', () => {
    const register = (bound: boolean) => (provider: Provider) =>
      provider.registerGrantType(exchange, async (ctx) => {
        const { client } = ctx.oidc;
        const { AccessToken } = provider;
        const token = new AccessToken({
          client,
          accountId: 'demo',
          grantId: 'g',
          scope: 'openid',
          expiresIn: 86_400,
        } as never);
        if (bound) Object.assign(token, { jkt: 'a thumbprint' });
        ctx.body = { access_token: await token.save(), token_type: 'DPoP', expires_in: token.expiration };
      });
    const setting = (bound: boolean) => ({
      settings: { grant_types: [exchange] },
      client: { grant_types: ['authorization_code', exchange] },
      afterwards: register(bound),
    });

    it('FAPI2-SP-FINAL-5.3.2.1-4 issues no token that is not bound', async () => {
      const { status, body } = await (await served(setting(false))).token({ grant_type: exchange });
      expect({ status, error: body.error }).to.deep.equal({ status: 400, error: 'invalid_request' });
    });

    it('FAPI2-SP-FINAL-6.1 issues none that lives too long, and discovery names it', async () => {
      const raw = await served(setting(true));
      const { status, body } = await raw.token({ grant_type: exchange });
      expect({ status, expires_in: body.expires_in }).to.deep.equal({ status: 200, expires_in: 3600 });
      const { body: metadata } = await raw.request('/.well-known/openid-configuration');
      expect(metadata.grant_types_supported).to.include(exchange);
    });

    it('is said not to be registered where only the setting names it', async () => {
      const { afterwards, ...rest } = setting(true);
      const { status, body } = await (await served(rest)).token({ grant_type: exchange });
      expect({ status, error: body.error }).to.deep.equal({ status: 400, error: 'unsupported_grant_type' });
    });
  });

  describe('who may introspect what', () => {
    const asking = async (settings: object, own: object = {}) => {
      const refusals: Error[] = [];
      const raw = await served({
        settings: settings as never,
        own: { ...resourceServer({ audience: api }), ...own } as never,
        afterwards: (provider) =>
          void provider.on('refused' as never, ((error: Error) => refusals.push(error)) as never),
      });
      const { body } = await raw.token({ grant_type: 'client_credentials', resource: api });
      const told = await raw.post('/token/introspection', { token: body.access_token }, {}, 'clien');
      return { active: told.body.active as boolean, refusals };
    };

    it('RFC7662-4 is a client about its own tokens, whatever a policy of the deployment says; the refusal is emitted', async () => {
      const { active, refusals } = await asking({});
      expect(active).to.equal(false);
      expect(refusals.map((error) => (error as errors.OIDCProviderError).error_description).join()).to.match(
        /clien may not/,
      );
    });

    for (const [title, resource_servers, expected] of [
      ['the audience it names', { clien: [api] }, true],
      ['every audience', { clien: 'any' }, true],
      ['another audience', { clien: ['https://other.example.com'] }, false],
      ['another client', { somebody: 'any' }, false],
    ] as const) {
      it(`RFC7662-4 and a resource server that obtains tokens itself, by a setting, about ${title}: ${expected}`, async () => {
        expect((await asking({ introspection: { resource_servers } })).active).to.equal(expected);
      });
    }

    it('RFC7662-4 and those a resource of the setting names', async () => {
      const resources = [{ identifier: api, introspected_by: ['clien'] }];
      expect((await asking({ resources }, {})).active).to.equal(true);
      expect((await asking({ resources: [{ identifier: api, introspected_by: ['resource'] }] })).active).to.equal(
        false,
      );
    });
  });
});
