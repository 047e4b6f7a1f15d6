import { generateKeyPairSync } from 'node:crypto';

import { expect } from 'chai';
import Provider, { type Adapter, type ClientMetadata, type Configuration } from 'oidc-provider';

import { clauseUrl } from '../../lib/clause.ts';
import { ProfileViolationError } from '../../lib/errors.ts';
import { fapiProvider } from '../../lib/fapi_provider.ts';
import { merge } from '../../lib/merge.ts';
import { judged, type Profile, violations } from '../../lib/profile.ts';
import { fapi2MessageSigning } from '../../lib/profiles/fapi2_message_signing.ts';
import { configurationWith, keys, without } from '../support/configuration.ts';
import { refusal } from '../support/refusal.ts';

const weakKey = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });

type Validator = NonNullable<NonNullable<Configuration['extraClientMetadata']>['validator']>;

const profile = (par = {}): Profile => fapi2MessageSigning({ mtls: { url: 'https://localhost:9444' }, par });

/** Stands for a fault that is not in what is written. */
const nothing = Symbol('nothing');

/** What a deployment writes: a value at a path, whose numbers stand for items of the value, and what else is said. */
const written = (path: string, value: unknown, beside: object = {}): object => {
  if (value === nothing) return beside;
  const names = path.split('.').filter((name) => !/^\d+$/.test(name));
  const at = names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object;
  return merge(at, beside);
};

/** Loosened by a deployment: what, mechanism, clause, where it stands, what was written there, and what beside it. */
const loosened: [string, string, string, string, unknown, object?, Profile?][] = [
  ['pushes nobody may make', 'par', 'FAPI2-SP-FINAL-5.3.2.2-2', 'features.pushedAuthorizationRequests.enabled', false],
  [
    'requests that were not pushed',
    'par',
    'FAPI2-SP-FINAL-5.3.2.2-3',
    'features.pushedAuthorizationRequests.requirePushedAuthorizationRequests',
    false,
  ],
  [
    'a request_uri that lives ten minutes',
    'par',
    'FAPI2-SP-FINAL-5.3.2.2-12',
    'par.request_uri_lifetime',
    nothing,
    {},
    profile({ request_uri_lifetime: 600 }),
  ],
  ['an implicit response type', 'code_flow', 'FAPI2-SP-FINAL-5.3.2.2-1', 'responseTypes', ['code', 'id_token']],
  ['the device flow', 'code_flow', 'FAPI2-SP-FINAL-5.3.2.1', 'features.deviceFlow.enabled', true],
  [
    "core's rules of FAPI 1.0",
    'core',
    'FAPI2-SP-FINAL-5.3.2.2-6',
    'features.fapi.profile',
    '1.0 Final',
    { features: { fapi: { enabled: true } } },
  ],
  ['certificates that are never found', 'mtls', 'RFC8705-2.1', 'features.mTLS.getCertificate', () => undefined],
  [
    'redirect URIs that are not registered',
    'redirect_uri',
    'FAPI2-SP-FINAL-5.3.2.1-7',
    'features.pushedAuthorizationRequests.allowUnregisteredRedirectUris',
    true,
  ],
  [
    'answers without iss',
    'iss',
    'FAPI2-SP-FINAL-5.3.2.2-7',
    'discovery.authorization_response_iss_parameter_supported',
    false,
  ],
  [
    'tokens that are not bound to certificates',
    'mtls',
    'RFC8705-3',
    'features.mTLS.certificateBoundAccessTokens',
    false,
  ],
  ['proofs that are used again', 'replay', 'FAPI2-SP-FINAL-6.2', 'features.dPoP.allowReplay', true],
  [
    'clients that do not authenticate by default',
    'client_auth',
    'FAPI2-SP-FINAL-5.3.2.1-3',
    'clientDefaults.token_endpoint_auth_method',
    'none',
  ],
  [
    'client secrets',
    'client_auth',
    'FAPI2-SP-FINAL-5.3.2.1-6',
    'clientAuthMethods',
    ['private_key_jwt', 'client_secret_basic'],
  ],
  [
    'tokens bound to nothing',
    'sender_constraint',
    'FAPI2-SP-FINAL-5.3.2.1-5',
    'features.dPoP.enabled',
    false,
    { features: { mTLS: { enabled: false } } },
  ],
  ['a nonce secret of 16 bytes', 'dpop', 'FAPI2-SP-FINAL-5.3.2.1-10', 'features.dPoP.nonceSecret', Buffer.alloc(16)],
  [
    'pairwise subjects without a function that makes them',
    'subject',
    'OIDCC-8.1',
    'pairwiseIdentifier',
    nothing,
    { subjectTypes: ['public', 'pairwise'] },
  ],
  ['a clock tolerance of a minute', 'clock', 'FAPI2-SP-FINAL-5.3.2.1-13', 'clockTolerance', 60],
  ['a clock tolerance of nothing', 'clock', 'FAPI2-SP-FINAL-5.3.2.1-13', 'clockTolerance', 0],
  [
    'RS256 for ID Tokens',
    'algorithms',
    'FAPI2-SP-FINAL-5.4.1-1',
    'enabledJWA.idTokenSigningAlgValues',
    ['ES256', 'RS256'],
  ],
  [
    'RS256 for ID Tokens by default',
    'algorithms',
    'FAPI2-SP-FINAL-5.4.1-1',
    'clientDefaults.id_token_signed_response_alg',
    'RS256',
  ],
  [
    'an RSA key of 1024 bits',
    'algorithms',
    'FAPI2-SP-FINAL-5.4.1-2',
    'jwks.keys.0',
    [{ ...weakKey, alg: 'PS256', kid: 'weak' }],
  ],
  [
    'a curve of 192 bits',
    'algorithms',
    'FAPI2-SP-FINAL-5.4.1-3',
    'jwks.keys.0',
    [{ kty: 'EC', crv: 'P-192', x: 'AA', y: 'AA', alg: 'ES256', kid: 'short' }],
  ],
  ['a key set without keys', 'algorithms', 'FAPI2-SP-FINAL-5.4.2-3', 'jwks', { keys: [] }],
  [
    'two keys of one name',
    'algorithms',
    'FAPI2-SP-FINAL-5.4.2-3',
    'jwks.keys.1',
    [keys.jwks.keys[0], { ...keys.jwks.keys[1], kid: keys.jwks.keys[0]?.kid }],
  ],
  ['opaque tokens of 64 bits', 'opaque', 'FAPI2-SP-FINAL-5.4.1-4', 'formats.bitsOfOpaqueRandomness', 64],
  ['a code that lives 61 seconds', 'authorization_code', 'FAPI2-SP-FINAL-5.3.2.1-11', 'ttl.AuthorizationCode', 61],
  ['access tokens in a query', 'access_token', 'FAPI2-SP-FINAL-5.3.4-2', 'acceptQueryParamAccessTokens', true],
  ["a day's access tokens", 'access_token', 'FAPI2-SP-FINAL-6.1', 'ttl.AccessToken', 86_400],
  [
    "a day's access tokens for clients themselves",
    'access_token',
    'FAPI2-SP-FINAL-6.1',
    'ttl.ClientCredentials',
    86_400,
  ],
  ['rotated refresh tokens', 'refresh_token', 'FAPI2-SP-FINAL-5.3.2.1-9', 'rotateRefreshToken', true],
  ['tokens nobody can revoke', 'introspection', 'FAPI2-SP-FINAL-6.8', 'features.revocation.enabled', false],
  ['cookies without a key', 'session', 'RFC9700-4.7', 'cookies.keys', []],
  ['an empty cookie key', 'session', 'RFC9700-4.7', 'cookies.keys', ['']],
  ['a session cookie in the clear', 'session', 'RFC9700-4.7', 'cookies.long', { secure: false }],
  ['an unsigned session cookie', 'session', 'RFC9700-4.7', 'cookies.long', { signed: 0 }],
  ['an interaction cookie sent across sites', 'session', 'RFC9700-4.7', 'cookies.short.sameSite', 'None'],
  ['authorization requests by POST', 'session', 'RFC9700-4.7', 'enableHttpPostMethods', true],
  ['the pages of development', 'session', 'FAPI2-SP-FINAL-5.3.2.2-13', 'features.devInteractions.enabled', true],
  [
    'requests that are not signed',
    'jar',
    'FAPI2-MS-ID1-5.3.1-1',
    'features.requestObjects.requireSignedRequestObject',
    false,
  ],
  ['answers that are not signed', 'jarm', 'FAPI2-MS-ID1-5.4.1-1', 'features.jwtResponseModes.enabled', false],
  [
    'introspection that is not signed',
    'signed_introspection',
    'FAPI2-MS-ID1-5.5.1-1',
    'features.jwtIntrospection.enabled',
    false,
  ],
];

const client: ClientMetadata = {
  client_id: 'c',
  redirect_uris: ['https://client.example/callback'],
  jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', kid: 'k', x: `${keys.jwks.keys[2]?.x}` }] },
};

/** Clients outside the profile: what is wrong with them, mechanism, clause, where in the client, what was written there, and what beside it. */
const outside: [string, string, string, string, unknown, object?][] = [
  ['that does not authenticate', 'client_auth', 'FAPI2-SP-FINAL-5.3.2.1-3', 'token_endpoint_auth_method', 'none'],
  ['with a secret', 'client_auth', 'FAPI2-SP-FINAL-5.3.2.1-3', 'token_endpoint_auth_method', 'client_secret_basic'],
  [
    'bound in both ways at once',
    'sender_constraint',
    'FAPI2-SP-FINAL-5.3.2.1-4',
    'dpop_bound_access_tokens',
    true,
    { tls_client_certificate_bound_access_tokens: true },
  ],
  ['bound in no way', 'sender_constraint', 'FAPI2-SP-FINAL-5.3.2.1-4', 'dpop_bound_access_tokens', false],
  [
    'with a redirect URI in the clear',
    'redirect_uri',
    'FAPI2-SP-FINAL-5.3.2.2-8',
    'redirect_uris.1',
    ['https://client.example/cb', 'http://client.example/cb'],
  ],
  [
    'with a redirect URI at localhost',
    'redirect_uri',
    'FAPI2-SP-FINAL-5.3.2.2-8',
    'redirect_uris.0',
    ['http://localhost/cb'],
    { application_type: 'native' },
  ],
  [
    'with a wildcard in its redirect URI',
    'redirect_uri',
    'FAPI2-SP-FINAL-5.3.2.2-8',
    'redirect_uris.0',
    ['https://*.example/cb'],
  ],
  [
    'with a password in its redirect URI',
    'redirect_uri',
    'FAPI2-SP-FINAL-5.3.2.2-8',
    'redirect_uris.0',
    ['https://a:b@client.example/cb'],
  ],
  [
    'whose people are sent away in the clear',
    'redirect_uri',
    'FAPI2-SP-FINAL-5.3.2.2-8',
    'post_logout_redirect_uris.0',
    ['http://client.example/'],
  ],
  ['of the hybrid flow', 'code_flow', 'FAPI2-SP-FINAL-5.3.2.2-1', 'response_types', ['code', 'id_token']],
  [
    'that cannot use the code flow',
    'code_flow',
    'FAPI2-SP-FINAL-5.3.2.2-1',
    'grant_types',
    ['refresh_token'],
    { response_types: [] },
  ],
  [
    'of the code flow without its response type',
    'code_flow',
    'FAPI2-SP-FINAL-5.3.2.2-1',
    'response_types',
    [],
    { grant_types: ['authorization_code'] },
  ],
  [
    'of the password grant',
    'code_flow',
    'FAPI2-SP-FINAL-5.3.2.1-2',
    'grant_types.1',
    ['authorization_code', 'password'],
  ],
  ['that signs by RS256', 'algorithms', 'FAPI2-SP-FINAL-5.4.1-1', 'token_endpoint_auth_signing_alg', 'RS256'],
  [
    'with an RSA key of 1024 bits',
    'algorithms',
    'FAPI2-SP-FINAL-5.4.1-2',
    'jwks.keys.0',
    [{ ...weakKey, kid: 'weak' }],
  ],
  [
    'whose keys come in the clear',
    'jwks_uri',
    'FAPI2-SP-FINAL-5.4.2-1',
    'jwks_uri',
    'http://client.example/jwks',
    { jwks: undefined },
  ],
  [
    'that authenticates by an authority nobody has named',
    'mtls',
    'RFC8705-2.1',
    'token_endpoint_auth_method',
    'tls_client_auth',
    { tls_client_auth_subject_dn: 'CN=c' },
  ],
  ['that takes answers unsigned', 'jarm', 'FAPI2-MS-ID1-5.4.1-1', 'response_modes.0', ['query']],
  ['named as if it were an account', 'access_token', 'FAPI2-SP-FINAL-6.7', 'client_id', 'account:jane'],
  [
    'that is told of logouts in the clear',
    'session',
    'OIDCBCL-2.2',
    'backchannel_logout_uri',
    'http://client.example/logout',
  ],
];

const found = (inside: Profile, configuration: Configuration) =>
  violations(inside, configuration).map(({ clause, path = [] }) => `${clause} ${path.join('.')}`);

describe('Boot: a configuration outside the profile', () => {
  it('starts with nothing of its own but keys and a store', () => {
    expect(() => judged(profile(), configurationWith({ clients: [client] }))).not.to.throw();
  });

  for (const [what, mechanism, clause, path, value, beside, loose = profile()] of loosened) {
    it(`${clause} refuses ${what}, which ${mechanism} holds`, () => {
      const configuration = configurationWith(written(path, value, beside));
      expect(found(loose, configuration)).to.include(`${clause} ${path}`);
      expect(found(without(loose, mechanism), configuration)).not.to.include(`${clause} ${path}`);
    });
  }

  for (const [what, mechanism, clause, path, value, beside] of outside) {
    it(`${clause} refuses a client ${what}, which ${mechanism} holds`, () => {
      const own = { ...client, ...beside, ...written(path, value) };
      const configuration = configurationWith({ clients: [own as ClientMetadata] });
      expect(found(profile(), configuration)).to.include(`${clause} clients.0.${path}`);
      expect(found(without(profile(), mechanism), configuration)).not.to.include(`${clause} clients.0.${path}`);
    });
  }

  it('reports everything at once, each with its clause and where to read it', () => {
    const own = {
      responseTypes: ['code', 'none'],
      rotateRefreshToken: true,
      clients: [{ client_id: 'x', redirect_uris: ['http://x/'] }],
    };
    const error = (() => {
      try {
        judged(profile(), configurationWith(own as Configuration));
        throw new Error('it started');
      } catch (thrown) {
        return thrown as ProfileViolationError;
      }
    })();
    expect(error).to.be.instanceOf(ProfileViolationError);
    expect(error.violations.map(({ clause }) => clause)).to.include.members([
      'FAPI2-SP-FINAL-5.3.2.2-1',
      'FAPI2-SP-FINAL-5.3.2.1-9',
      'FAPI2-SP-FINAL-5.3.2.2-8',
    ]);
    expect(error.message).to.include(clauseUrl('FAPI2-SP-FINAL-5.3.2.2-1'));
  });

  it('names an option core does not have, and the one that was meant', () => {
    const own = { pkec: {}, features: { pushedAuthorisationRequests: {}, dPoP: { requireNonces: true } } } as never;
    expect(violations(profile(), configurationWith(own)).map(({ text }) => text)).to.deep.equal([
      "is no option of core's, did you mean pkce?",
      "is no option of core's, did you mean pushedAuthorizationRequests?",
      "is no option of core's, did you mean requireNonce?",
    ]);
  });

  it('RFC7523-3-7 takes every kind of adapter core takes', () => {
    const make = configurationWith().adapter as (name: string) => Adapter;
    const kinds = {
      'a factory': (name: string) => make(name),
      'a class without a name': class {
        constructor(name: string) {
          // biome-ignore lint/correctness/noConstructorReturn: what is made is an adapter of ours
          return make(name);
        }
      },
      'a constructor of old': function (this: object, name: string) {
        Object.setPrototypeOf(this, make(name));
      },
    };
    for (const [kind, adapter] of Object.entries(kinds)) {
      expect(found(profile(), { ...configurationWith(), adapter: adapter as never }), kind).to.deep.equal([]);
    }
  });

  describe('with a validator of client metadata of its own', () => {
    const started = (validator: Validator) => {
      const own = { clients: [client], extraClientMetadata: { properties: ['bank'], validator } };
      return refusal(fapiProvider(Provider, 'https://as.example', configurationWith(own), profile()));
    };

    it('FAPI2-SP-FINAL-5.3.2.2-8 judges a client as that leaves it', async () => {
      const loosen: Validator = (_ctx, _key, _value, metadata) => {
        metadata.redirect_uris = ['http://client.example/callback'];
      };
      expect(await started(loosen))
        .to.be.instanceOf(ProfileViolationError)
        .with.property('message')
        .match(/redirect_uris/);
    });

    it('lets core refuse a promise, whose rejection nobody would hear', async () => {
      const refused = await started((async () => {}) as unknown as Validator);
      expect(refused)
        .to.be.instanceOf(TypeError)
        .with.property('message')
        .match(/synchronous/);
    });
  });

  it('states each clause in one mechanism only', () => {
    const ids = profile().mechanisms.flatMap(({ clauses }) => clauses.map(({ id }) => id));
    expect(ids).to.deep.equal([...new Set(ids)]);
    for (const id of ids) expect(clauseUrl(id)).to.match(/^https:\/\/.*#section-\d/);
  });
});
