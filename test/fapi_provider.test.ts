import { expect } from 'chai';
import Provider, { type Configuration } from 'oidc-provider';
// @ts-expect-error an alias of oidc-provider, which has no types of its own
import Other from 'oidc-provider-other';

import { Nowhere } from '../lib/commands/judge.ts';
import { ProfileViolationError } from '../lib/errors.ts';
import { fapiProvider } from '../lib/fapi_provider.ts';
import { judge, violations } from '../lib/profile.ts';
import { fapi2SecurityProfile, type ProfileSettings } from '../lib/profiles/fapi2_security_profile.ts';
import { configurationWith, keys } from './support/configuration.ts';
import { refusal } from './support/refusal.ts';

const issuer = 'https://as.example.com';
const make = (own: Configuration = {}, settings: ProfileSettings = {}, at = issuer) =>
  fapiProvider(Provider, at, configurationWith(own), fapi2SecurityProfile(settings));
const found = (own: object, settings: ProfileSettings = {}) =>
  violations(fapi2SecurityProfile(settings), configurationWith(own)).map(({ clause, path = [], text }) => ({
    clause,
    path: path.join('.'),
    text,
  }));
const paths = (own: object, settings?: ProfileSettings) => found(own, settings).map(({ path }) => path);
const publicKey = ({ kty, crv, x, y, n, e }: Record<string, unknown>) => ({ kty, crv, x, y, n, e });
const client = {
  client_id: 'c',
  redirect_uris: ['https://client.example.com/cb'],
  jwks: { keys: [publicKey(keys.jwks.keys[0] as Record<string, unknown>)] },
};

describe('One expression in place of new Provider(issuer, configuration)', () => {
  it('answers a provider of the team that is in its profile', async () => {
    const provider = await make({ clients: [client] as never });
    expect(provider).to.be.instanceOf(Provider);
    expect((await provider.Client.find('c'))?.tokenEndpointAuthMethod).to.equal('private_key_jwt');
    expect(provider.middleware.map(({ name }) => name)).to.include('unitOfWork');
  });

  describe('refuses, in one sentence each,', () => {
    it('the Provider of a second copy of oidc-provider', async () => {
      const error = await refusal(fapiProvider(Other, issuer, configurationWith(), fapi2SecurityProfile()));
      expect(error).to.be.instanceOf(TypeError).with.property('message').include('npm dedupe');
    });

    it('a class that extends Provider, whose constructor could change the configuration', async () => {
      class Loose extends Provider {
        constructor(at: string, configuration: Configuration) {
          super(at, { ...configuration, features: {} });
        }
      }
      const error = await refusal(fapiProvider(Loose as never, issuer, configurationWith(), fapi2SecurityProfile()));
      expect(error).to.be.instanceOf(TypeError).with.property('message').include('extends');
    });

    for (const [name, value] of Object.entries({ undefined, 'no class': {}, 'another class': Map })) {
      it(`${name} in place of Provider`, async () => {
        const error = await refusal(fapiProvider(value as never, issuer, configurationWith(), fapi2SecurityProfile()));
        expect(error).to.be.instanceOf(TypeError);
      });
    }

    it('a profile that serves under another provider', async () => {
      const profile = fapi2SecurityProfile();
      await fapiProvider(Provider, issuer, configurationWith(), profile);
      const error = await refusal(fapiProvider(Provider, issuer, configurationWith(), profile));
      expect(error).to.be.instanceOf(TypeError).with.property('message').include('one for each provider');
    });

    it('what is no profile', async () => {
      const error = await refusal(fapiProvider(Provider, issuer, configurationWith(), {} as never));
      expect(error).to.be.instanceOf(TypeError).with.property('message').include('fapi2SecurityProfile()');
    });

    it('FAPI2-SP-FINAL-5.2.1-1 an issuer without TLS', async () => {
      const error = await refusal(make({}, {}, 'http://as.example.com'));
      expect(error)
        .to.be.instanceOf(ProfileViolationError)
        .with.property('message')
        .include('issuer: must be an https URL');
    });

    it('FAPI2-SP-FINAL-5.3.2.1-10 a deployment that has no nonce secret for all its processes, and nothing that keeps one', async () => {
      const { features, ...own } = configurationWith();
      const error = await refusal(fapiProvider(Provider, issuer, own, fapi2SecurityProfile()));
      expect(error).to.be.instanceOf(ProfileViolationError).with.property('message').include('nonceSecret');
      await fapiProvider(Provider, issuer, own, fapi2SecurityProfile({ dpop: { nonce: 'off' } }));
      await fapiProvider(Provider, issuer, own, fapi2SecurityProfile({ dpop: { nonceSecret: Buffer.alloc(32, 1) } }));
    });

    it('RFC7523-3-7 an adapter whose unique() says yes each time, or to two at once', async () => {
      class Yes extends Nowhere {
        override async unique() {
          return true;
        }
      }
      class Racing extends Nowhere {
        override async unique(id: string) {
          const seen = this.has(id);
          await new Promise(setImmediate);
          return super.unique(id).then(() => !seen);
        }
      }
      for (const adapter of [Yes, Racing]) {
        const error = await refusal(make({ adapter: () => new adapter() }));
        expect(error).to.be.instanceOf(ProfileViolationError).with.property('message').include('unique()');
      }
    });
  });

  it('takes a copy of the configuration: changing it later changes nothing', async () => {
    const own = configurationWith({ clients: [client] as never, clientAuthMethods: ['private_key_jwt'] });
    const provider = await fapiProvider(Provider, issuer, own, fapi2SecurityProfile());
    (own.clientAuthMethods as string[]).push('none');
    const open = { ...client, client_id: 'open', token_endpoint_auth_method: 'none' };
    const Client = provider.Client as unknown as new (metadata: object) => unknown;
    expect(() => new Client(open)).to.throw('invalid_client_metadata');
  });

  it('does not change the configuration it was given', async () => {
    const own = configurationWith({ clients: [client] as never, ttl: { AccessToken: 60 } });
    const before = structuredClone({ ...own, adapter: undefined, cookies: undefined });
    await fapiProvider(Provider, issuer, own, fapi2SecurityProfile());
    expect(structuredClone({ ...own, adapter: undefined, cookies: undefined })).to.deep.equal(before);
  });
});

describe('A configuration that would lose the profile in silence', () => {
  it('is refused where mutual TLS is turned on beside its setting, by functions that believe a header', () => {
    const hooks = {
      getCertificate: () => 'x',
      certificateAuthorized: () => true,
      certificateSubjectMatches: () => true,
    };
    const own = { features: { mTLS: { enabled: true, tlsClientAuth: true, ...hooks } } };
    expect(paths(own)).to.include('features.mTLS');
    expect(paths(own, { mtls: { url: 'https://mtls.example.com' } })).to.include('features.mTLS.getCertificate');
  });

  it('is reported whole: each forbidden feature, lifetime, key and cookie', () => {
    const off = ['attestClientAuth', 'deviceFlow', 'webMessageResponseMode'];
    const own = {
      features: Object.fromEntries(off.map((name) => [name, { enabled: true }])),
      ttl: { AccessToken: 7200, ClientCredentials: 7200 },
      cookies: { long: { secure: false }, short: { sameSite: 'none' } },
    };
    expect(paths(own)).to.have.members([
      ...off.map((name) => `features.${name}.enabled`),
      'ttl.AccessToken',
      'ttl.ClientCredentials',
      'cookies.long',
      'cookies.short.sameSite',
    ]);
  });

  it('is refused by the clause it breaks where every client would have a forbidden grant by default', () => {
    const clauseOf = (grant: string) => found({ clientDefaults: { grant_types: [grant] } });
    for (const [grant, clause] of [
      ['implicit', 'FAPI2-SP-FINAL-5.3.2.2-1'],
      ['password', 'FAPI2-SP-FINAL-5.3.2.1-2'],
      ['urn:ietf:params:oauth:grant-type:token-exchange', 'FAPI2-SP-FINAL-5.3.2.1'],
    ] as const) {
      expect(clauseOf(grant).map(({ clause, path }) => `${clause} ${path}`)).to.deep.equal([
        `${clause} clientDefaults.grant_types.0`,
      ]);
    }
    expect(paths({ clientDefaults: { redirect_uris: ['http://x.example/'] } })).to.deep.equal([
      'clientDefaults.redirect_uris.0',
    ]);
  });

  for (const [path, meant, own] of [
    ['ttl.AccesToken', 'AccessToken', { ttl: { AccesToken: 60 } }],
    ['routes.authorisation', 'authorization', { routes: { authorisation: '/a' } }],
    ['cookies.long.httponly', 'httpOnly', { cookies: { long: { httponly: true } } }],
    ['cookies.short.signd', 'signed', { cookies: { short: { signd: true } } }],
    ['cookies.names.sesion', 'session', { cookies: { names: { sesion: 's' } } }],
    ['formats.customizers.jwts', 'jwt', { formats: { customizers: { jwts: () => {} } } }],
    ['enabledJWA.idTokenSigningAlgValue', 'idTokenSigningAlgValues', { enabledJWA: { idTokenSigningAlgValue: [] } }],
  ] as const) {
    it(`is told that ${path} is no option, and which one was meant`, () => {
      expect(found(own)).to.deep.include({
        clause: undefined,
        path,
        text: `is no option of core's, did you mean ${meant}?`,
      });
    });
  }
});

describe('Clients that are to move to a profile', () => {
  it('are listed with every reason for which they would be refused, before anything is switched', () => {
    const rows = [
      client,
      {
        ...client,
        client_id: 'old',
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: 'RS256',
      },
      { ...client, client_id: 'spa', token_endpoint_auth_method: 'none', redirect_uris: ['http://spa.example.com/'] },
    ];
    const judged = judge(fapi2SecurityProfile(), rows as never);
    expect(judged.map(({ client_id }) => client_id)).to.deep.equal(['old', 'spa']);
    expect(judged.flatMap(({ violations }) => violations.map(({ path }) => path?.join('.')))).to.include.members([
      'token_endpoint_auth_method',
      'id_token_signed_response_alg',
      'redirect_uris.0',
    ]);
  });

  it('are judged with what the configuration says of them', () => {
    const own = { clientDefaults: { id_token_signed_response_alg: 'RS256' } };
    expect(judge(fapi2SecurityProfile(), [client] as never)).to.deep.equal([]);
    expect(judge(fapi2SecurityProfile(), [client] as never, own as never)).to.have.length(1);
  });
});

describe('Keys of the deployment', () => {
  const bare = keys.jwks.keys.map(({ kid, alg, use, ...key }) => key);

  it('FAPI2-SP-FINAL-5.4.2-3 are completed by an alg and a kid where they have none', async () => {
    const provider = await make({ jwks: { keys: bare } as never });
    expect(provider).to.be.instanceOf(Provider);
    expect(paths({ jwks: { keys: [...bare, bare[0]] } }), 'the same key twice').to.deep.equal(['jwks.keys.3']);
  });

  it('may be for decryption beside those that sign, and not alone', () => {
    const enc = { ...bare[1], use: 'enc', alg: 'RSA-OAEP-256', kid: 'enc' };
    expect(paths({ jwks: { keys: [...keys.jwks.keys, enc] } })).to.deep.equal([]);
    expect(paths({ jwks: { keys: [enc] } })).to.deep.equal(['jwks']);
  });

  it('of a client may be for encryption beside one that signs', async () => {
    const enc = { ...publicKey(bare[0] as Record<string, unknown>), use: 'enc', alg: 'ECDH-ES' };
    const own = { ...client, jwks: { keys: [...client.jwks.keys, { ...enc, kid: 'enc' }] } };
    const provider = await make({ clients: [own] as never, features: { encryption: { enabled: true } } });
    expect(await provider.Client.find('c')).to.include({ clientId: 'c' });
  });
});

describe('Grants that are registered afterwards', () => {
  const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';

  for (const name of [
    'authorization_code',
    'refresh_token',
    'client_credentials',
    'urn:openid:params:grant-type:ciba',
  ]) {
    it(`FAPI2-SP-FINAL-5.3.2.1 cannot replace ${name}`, async () => {
      const provider = await make();
      expect(() => provider.registerGrantType(name, () => {})).to.throw(ProfileViolationError, 'cannot be replaced');
    });
  }

  it('are allowed where the setting names them, for clients of the configuration too', async () => {
    const own = { ...client, grant_types: ['authorization_code', exchange] };
    const provider = await make({ clients: [own] as never }, { grant_types: [exchange] });
    provider.registerGrantType(exchange, () => {});
    expect((await provider.Client.find('c'))?.grantTypes).to.include(exchange);
  });

  it('are refused where no setting names them, which the text says how to do', async () => {
    const provider = await make();
    const register = () => provider.registerGrantType(exchange, () => {});
    expect(register).to.throw(ProfileViolationError, 'setting grant_types');
    expect(
      found({ clients: [{ ...client, grant_types: [exchange] }] })
        .map(({ text }) => text)
        .join(),
    ).to.include('grant_types');
  });

  for (const name of ['password', 'implicit', 'urn:ietf:params:oauth:grant-type:device_code']) {
    it(`cannot be allowed by a setting: ${name}`, () => {
      expect(paths({}, { grant_types: [name] })).to.deep.equal(['grant_types']);
    });
  }
});
