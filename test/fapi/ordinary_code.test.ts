import { expect } from 'chai';
import type { Configuration } from 'oidc-provider';
import Provider from 'oidc-provider';

import { fapiProvider } from '../../lib/fapi_provider.ts';
import { composed, judged, violations } from '../../lib/profile.ts';
import { fapi2MessageSigning } from '../../lib/profiles/fapi2_message_signing.ts';
import { fapi2SecurityProfile } from '../../lib/profiles/fapi2_security_profile.ts';
import { configurationWith } from '../support/configuration.ts';
import { closeAll, served } from '../support/held.ts';
import type { RawClient } from '../support/raw_client.ts';
import { refusal } from '../support/refusal.ts';

const issuer = 'https://as.example.com';
const found = (own: object, settings: object = {}) =>
  violations(fapi2SecurityProfile(settings), configurationWith(own)).map(
    ({ path, text }) => `${path?.join('.')} ${text}`,
  );
const payload = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
const api = 'https://api.example.com';

/** A resource of the deployment's own, and what it says of tokens for it. */
const resource = (more: object): Configuration =>
  ({
    scopes: ['openid', 'offline_access', 'x'],
    features: {
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: 'x', audience: api, accessTokenFormat: 'jwt', ...more }),
      },
    },
  }) as never;

const forApi = async (raw: RawClient) =>
  (await raw.token({ grant_type: 'client_credentials', scope: 'x', resource: api })).body;

describe('Ordinary code of a deployment', () => {
  after(closeAll);

  describe('whose functions answer what is no lifetime leaves a lifetime of the profile', () => {
    const answers = { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, negative: -5, nothing: undefined };
    for (const [name, value] of Object.entries({ ...answers, 'a promise': Promise.resolve(86_400), text: '86400' })) {
      it(name, async () => {
        const own = () => value as never;
        const ttl = { AccessToken: own, AuthorizationCode: own, ClientCredentials: own, Session: own };
        const raw = await served({ own: { ttl, formats: { bitsOfOpaqueRandomness: own } } });
        const code = await raw.code();
        const stored = await raw.provider.AuthorizationCode.find(code);
        expect(Number(stored?.exp) - Number(stored?.iat)).to.be.within(1, 60);
        const { status, body } = await raw.exchange(code);
        expect(status, JSON.stringify(body)).to.equal(200);
        expect(body.expires_in).to.be.within(1, 3600);
        expect(body.access_token).to.have.length.at.least(22);
        const granted = await raw.token({ grant_type: 'client_credentials', scope: 'openid' });
        expect(granted.body.expires_in).to.be.within(1, 3600);
      });
    }
  });

  it('FAPI2-SP-FINAL-6.1 that says of a resource what is no lifetime gets one of the profile', async () => {
    for (const accessTokenTTL of [Number.NaN, Number.POSITIVE_INFINITY, -1, 86_400]) {
      const raw = await served({ own: resource({ accessTokenTTL }), client: { scope: 'openid offline_access x' } });
      const { expires_in, access_token } = await forApi(raw);
      expect(expires_in, `${accessTokenTTL}`).to.be.within(1, 3600);
      const { exp, iat } = payload(access_token);
      expect(exp - iat).to.be.within(1, 3600);
    }
  });

  it('FAPI2-SP-FINAL-5.3.2.1-4 whose claims of a token carry names of ours changes nothing of them', async () => {
    const claims = {
      cnf: { jkt: 'x' },
      aud: '*',
      exp: 9e9,
      iss: 'x',
      client_id: 'x',
      jti: 'x',
      scope: 'all',
      active: true,
    };
    const raw = await served({
      own: { ...resource({}), extraTokenClaims: () => claims },
      client: { scope: 'openid offline_access x' },
    });
    const { access_token } = await forApi(raw);
    const said = payload(access_token);
    expect(said).to.include({ iss: raw.issuer, aud: api, client_id: 'client', scope: 'x' });
    expect(said.cnf).to.deep.equal({ jkt: raw.proofKey.jkt });
    expect(said.exp - said.iat).to.be.within(1, 3600);
    const opaque = (await raw.exchange(await raw.code())).body.access_token;
    const { body } = await raw.post('/token/introspection', { token: opaque });
    expect(body).to.include({ iss: raw.issuer, client_id: 'client' });
    expect(body.cnf).to.deep.equal({ jkt: raw.proofKey.jkt });
    expect(body.exp - body.iat).to.be.within(1, 3600);
  });

  it('FAPI2-SP-FINAL-5.3.2.1-11 that makes a code of its own gets one that lives as long as others', async () => {
    const raw = await served({});
    const client = await raw.provider.Client.find('client');
    const { AuthorizationCode } = raw.provider;
    const own = { client, accountId: 'demo', grantId: 'g', scope: 'openid', expiresIn: 86_400 };
    const code = await AuthorizationCode.find(await new AuthorizationCode(own as never).save());
    expect(Number(code?.exp) - Number(code?.iat)).to.be.within(1, 60);
  });

  it('FAPI2-SP-FINAL-6.8-1 whose fetch follows redirects gets no keys from where they lead', async () => {
    const followed = Object.defineProperty(new Response('{"keys":[]}'), 'redirected', { value: true });
    const profile = fapi2SecurityProfile();
    const { fetch } = composed(profile, judged(profile, configurationWith({ fetch: async () => followed })));
    const asked = Promise.resolve(fetch?.('https://client.example.com/jwks', {} as never));
    expect(await refusal(asked)).to.have.property('message', 'redirects are not followed');
  });

  it('FAPI2-SP-FINAL-5.3.2.2-6 that lets a single redirect URI be left out changes nothing', async () => {
    const raw = await served({ own: { allowOmittingSingleRegisteredRedirectUri: true } });
    const { redirect_uri, ...params } = raw.params;
    expect((await raw.push(params)).body.error).to.equal('invalid_request');
  });

  it('FAPI2-SP-FINAL-5.2.3-3 that answers every question of CORS by yes opens neither authorization nor token endpoint', async () => {
    const raw = await served({ own: { clientBasedCORS: () => true } });
    const headers = { origin: 'https://evil.example.com' };
    for (const answer of [
      await raw.push(raw.params, { headers }),
      await raw.request('/auth?client_id=client', { headers }),
    ]) {
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).to.deep.equal([]);
    }
  });
});

describe('A name there is not', () => {
  for (const [setting, meant, settings] of [
    ['mlts', 'mtls', { mlts: {} }],
    ['dpop.nonse', 'nonce', { dpop: { nonse: 'required' } }],
    ['par.request_uri_lifetim', 'request_uri_lifetime', { par: { request_uri_lifetim: 5 } }],
    ['mtls.authoritis', 'authorities', { mtls: { url: issuer, authoritis: [] } }],
    ['introspection.resource_server', 'resource_servers', { introspection: { resource_server: {} } }],
    ['limits.bdy', 'body', { limits: { bdy: 1 } }],
  ] as const) {
    it(`among the settings of a profile is reported: ${setting}`, () => {
      expect(found({}, settings)).to.deep.equal([`${setting} is no setting of the profile, did you mean ${meant}?`]);
    });
  }

  it('is reported for Message Signing too, and its own setting is known there', () => {
    const settings = { message_signing: { jarm: true }, dpopp: {} };
    const paths = violations(fapi2MessageSigning(settings), configurationWith()).map(({ path }) => path?.join('.'));
    expect(paths).to.deep.equal(['dpopp']);
  });

  it('among settings of core is reported where its members are names as well', () => {
    expect(found({ fetchResponseBodyLimits: { jwks_ur: 5 } })).to.deep.equal([
      "fetchResponseBodyLimits.jwks_ur is no option of core's, did you mean jwks_uri?",
    ]);
  });

  it('is null where it was left empty, and reported as that', () => {
    for (const name of ['cookies', 'features', 'ttl', 'jwks']) {
      expect(found({ [name]: null }).join(), name).to.include(`${name} is null, leave it out`);
    }
    expect(found({ clients: {} })).to.deep.equal(['clients must be a list of client metadata']);
  });

  for (const [what, args, sentence] of [
    ['no issuer', [undefined, configurationWith()], /the issuer is missing/],
    ['no configuration', [issuer, undefined], /the configuration is missing/],
    ['a misspelt setting', [issuer, configurationWith(), undefined, { arond: 1 }], /arond .* did you mean around\?/],
    ['a function as settings', [issuer, configurationWith(), undefined, () => ({})], /are an object/],
    [
      'clients that move from nowhere',
      [issuer, configurationWith(), undefined, { moving: {} }],
      /moving needs appliesTo/,
    ],
  ] as const) {
    it(`is no call of fapiProvider(): ${what}`, async () => {
      const [at, own, profile = fapi2SecurityProfile(), settings] = args as unknown as readonly never[];
      const error = await refusal(fapiProvider(Provider, at as never, own as never, profile, settings));
      expect(error).to.be.instanceOf(TypeError).with.property('message').match(sentence);
    });
  }
});
