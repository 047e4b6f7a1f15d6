import { expect } from 'chai';
import type { Configuration } from 'oidc-provider';

import { type HookPath, hookPaths } from '../../lib/fapi/hooks.ts';
import { composed, judged } from '../../lib/profile.ts';
import { fapi2SecurityProfile } from '../../lib/profiles/fapi2_security_profile.ts';
import { configurationWith } from '../support/configuration.ts';

type Anything = (...args: unknown[]) => unknown;

/** Functions of core's configuration that cannot loosen a clause, each with the reason; the others carry a rule of ours. */
const harmless: Readonly<Record<string, string>> = {
  clientBasedCORS: 'answers of the endpoints for clients lose their CORS headers (requests)',
  'features.ciba.triggerAuthenticationDevice': 'tells a device, decides nothing',
  'features.ciba.validateBindingMessage': 'refuses only',
  'features.ciba.validateRequestContext': 'refuses only',
  'features.ciba.processLoginHintToken': 'names the person, which is for the deployment to know',
  'features.ciba.processLoginHint': 'names the person, which is for the deployment to know',
  'features.ciba.verifyUserCode': 'refuses only',
  'features.attestClientAuth.getAttestationSignaturePublicKey': 'the feature is refused at boot (code_flow)',
  'features.attestClientAuth.assertAttestationJwtAndPop': 'the feature is refused at boot (code_flow)',
  'features.clientIdMetadataDocument.allowFetch': 'the feature is refused at boot (code_flow)',
  'features.clientIdMetadataDocument.allowClient': 'the feature is refused at boot (code_flow)',
  'features.deviceFlow.deviceInfo': 'the feature is refused at boot (code_flow)',
  'features.deviceFlow.userCodeInputSource': 'the feature is refused at boot (code_flow)',
  'features.deviceFlow.userCodeConfirmSource': 'the feature is refused at boot (code_flow)',
  'features.deviceFlow.successSource': 'the feature is refused at boot (code_flow)',
  'features.rpInitiatedLogout.postLogoutSuccessSource': 'a page',
  'features.rpInitiatedLogout.logoutSource': 'a page',
  'features.registration.idFactory': 'a client_id passes the rules for clients (access_token)',
  'features.registration.secretFactory': 'no client has a secret (client_auth)',
  'features.richAuthorizationRequests.authorizationDetailsForGrantSource':
    'what was granted is for the deployment to say',
  'features.richAuthorizationRequests.authorizationDetailsForAccessToken':
    'what was granted is for the deployment to say',
  'features.richAuthorizationRequests.authorizationDetailsForIntrospection':
    'what was granted is for the deployment to say',
  'features.resourceIndicators.defaultResource': 'names a resource; what its tokens are passes getResourceServerInfo',
  'features.resourceIndicators.useGrantedResource':
    'names a resource; what its tokens are passes getResourceServerInfo',
  'features.openid4vci.credentialEndpointExpectedAudience': 'the feature is refused at boot (code_flow)',
  'features.openid4vci.credentialConfigurationPolicy': 'the feature is refused at boot (code_flow)',
  'features.openid4vci.issueCredential': 'the feature is refused at boot (code_flow)',
  'features.openid4vci.getKeyAttestationSignaturePublicKey': 'the feature is refused at boot (code_flow)',
  expiresWithSession: 'a token ends with the session or later, within its lifetime',
  issueRefreshToken: 'a refresh token is of use to its authenticated client only',
  pairwiseIdentifier: 'a subject is for the deployment to choose',
  'ttl.BackchannelAuthenticationRequest': 'no clause limits it',
  'ttl.DeviceCode': 'the feature is refused at boot (code_flow)',
  'ttl.Grant': 'no clause limits it',
  'ttl.IdToken': 'no clause limits it',
  'ttl.Interaction': 'no clause limits it',
  'ttl.PreAuthorizedCode': 'the feature is refused at boot (code_flow)',
  'ttl.RefreshToken': 'no clause limits it',
  'extraClientMetadata.validator': 'ours judges after it, as it leaves the client (boot.test.ts)',
  renderError: 'a page',
  sectorIdentifierUriValidate: 'a subject is for the deployment to choose',
  'interactions.url': 'an address of the deployment',
  findAccount: 'a person is for the deployment to know',
  rotateRefreshToken: 'another value than false is refused at boot (refresh_token)',
};

/** Every function among core's defaults, by its path. */
async function functions(): Promise<string[]> {
  // The only place where core says which functions there are; its types name the same ones.
  const internal = '../../node_modules/oidc-provider/lib/helpers/defaults.js';
  const { default: defaults } = (await import(internal)) as { default: () => object };
  const found: string[] = [];
  const walk = (node: object, path: readonly string[]) => {
    for (const [key, value] of Object.entries(node)) {
      if (typeof value === 'function') found.push([...path, key].join('.'));
      else if (Object.getPrototypeOf(value ?? 0) === Object.prototype) walk(value, [...path, key]);
    }
  };
  walk(defaults(), []);
  return found;
}

const year = 365 * 86_400;
const other = { clientId: 'other', grantTypes: ['authorization_code'] };
const emit = () => true;
const ctx = (more: object = {}) => ({
  get: () => '',
  req: { socket: {} },
  oidc: { issuer: 'https://as.example.com', entities: {}, provider: { emit }, ...more },
});
const jwt = () => ({
  payload: { iss: 'https://as.example.com', aud: 'api', exp: 300, iat: 0, jti: 'j', client_id: 'c', cnf: { jkt: 'k' } },
});

/** What a careless deployment configures at a hook, what it is called with, and how what comes back is within the profile. */
const careless: Record<
  HookPath,
  { theirs: Anything; args: unknown[]; within: (answer: unknown, args: unknown[]) => void }
> = {
  assertJwtClientAuthClaimsAndHeader: { theirs: () => {}, args: [ctx(), { aud: 'elsewhere' }, {}], within: isRefused },
  'extraParams.dpop_jkt': { theirs: () => {}, args: [ctx(), 'no thumbprint', other], within: isRefused },
  'extraParams.scope': {
    theirs: () => {},
    args: [ctx({ params: {}, requestParamOIDCScopes: new Set() }), '', other],
    within: isRefused,
  },
  'features.claimsParameter.assertClaimsParameter': {
    theirs: () => {},
    args: [ctx(), { id_token: { sub: { values: 'no list' } } }, other],
    within: isRefused,
  },
  extraTokenClaims: { theirs: () => {}, args: [ctx(), { isSenderConstrained: () => false }], within: isRefused },
  'features.dPoP.requireNonce': { theirs: () => false, args: [ctx()], within: is(true) },
  'features.introspection.allowedPolicy': {
    theirs: () => true,
    args: [ctx(), other, { clientId: 'c' }],
    within: is(false),
  },
  'features.mTLS.certificateAuthorized': { theirs: () => true, args: [ctx()], within: is(false) },
  'features.mTLS.certificateSubjectMatches': {
    theirs: () => true,
    args: [ctx(), 'tls_client_auth_san_dns', 'client.example.com'],
    within: is(false),
  },
  'features.mTLS.getCertificate': { theirs: () => 'a certificate', args: [ctx()], within: is(undefined) },
  'features.requestObjects.assertJwtClaimsAndHeader': { theirs: () => {}, args: [ctx(), {}, {}], within: isRefused },
  'features.resourceIndicators.getResourceServerInfo': {
    theirs: () => ({ scope: '', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
    args: [ctx(), 'https://api.example.com', other],
    within: isRefused,
  },
  'features.revocation.allowedPolicy': {
    theirs: () => true,
    args: [ctx(), other, { clientId: 'c' }],
    within: is(false),
  },
  fetch: { theirs: () => new Response('{}'), args: ['http://client.example.com/jwks', {}], within: isRefused },
  'formats.bitsOfOpaqueRandomness': { theirs: () => 8, args: [ctx(), {}], within: is(128) },
  'formats.customizers.jwt': {
    theirs(_ctx, _token, made) {
      const { payload } = made as { payload: Record<string, unknown> };
      Object.assign(made as object, {
        header: { typ: 'jwt', alg: 'none', kid: 'another', x: 1 },
        payload: { ...payload, cnf: { jkt: 'x' }, exp: year, aud: '*', iss: 'x', client_id: 'x', jti: 'x', mine: 1 },
      });
    },
    args: [ctx(), {}, jwt()],
    within(_answer, [, , made]) {
      expect(made).to.deep.equal({ header: { x: 1 }, payload: { ...jwt().payload, mine: 1 } });
    },
  },
  loadExistingGrant: {
    theirs: () => 'a grant',
    args: [
      ctx({
        route: 'resume',
        params: { claims: '{"id_token":{"sub":{"value":"jane"}}}' },
        session: { accountId: 'joe' },
      }),
    ],
    within: isRefused,
  },
  'pkce.required': { theirs: () => false, args: [ctx(), other], within: is(true) },
  revokeGrantPolicy: { theirs: () => false, args: [ctx({ route: 'token' })], within: is(true) },
  'ttl.AccessToken': { theirs: () => year, args: [ctx(), {}, other], within: is(3600) },
  'ttl.AuthorizationCode': { theirs: () => year, args: [ctx(), {}, other], within: is(60) },
  'ttl.ClientCredentials': { theirs: () => year, args: [ctx(), {}, other], within: is(3600) },
  'ttl.Session': { theirs: () => year, args: [ctx(), {}], within: is(28_800) },
};

function is(expected: unknown): (answer: unknown) => void {
  return (answer) => expect(answer).to.equal(expected);
}

function isRefused(answer: unknown): void {
  expect(answer).to.be.instanceOf(Error);
}

/** Hooks in which ours only adds to, or limits, what theirs answers, so that it is asked in any case. */
const asked: readonly HookPath[] = [
  'features.dPoP.requireNonce',
  'features.resourceIndicators.getResourceServerInfo',
  'formats.bitsOfOpaqueRandomness',
  'formats.customizers.jwt',
  'ttl.AccessToken',
  'ttl.AuthorizationCode',
  'ttl.ClientCredentials',
  'ttl.Session',
];

const at = (from: object, path: string): unknown =>
  path.split('.').reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], from);

const nested = (path: string, value: unknown): object =>
  path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object;

/** Core's configuration with one function of the deployment's, as core is given it. */
async function configured(path: string, theirs: Anything): Promise<Configuration> {
  const profile = fapi2SecurityProfile({ dpop: { nonce: 'required' }, mtls: { url: 'https://as.example.com:9444' } });
  for (const mechanism of profile.mechanisms) await mechanism.load?.();
  const own = configurationWith(nested(path, theirs) as Configuration);
  if (path !== 'features.mTLS.getCertificate') return composed(profile, judged(profile, own));
  // It is refused at boot; were it not, it would not be asked.
  expect(() => judged(profile, own)).to.throw('features.mTLS.getCertificate');
  return composed(profile, own);
}

describe('No function of a deployment loosens a clause', () => {
  it('is said of every function there is in core, one by one', async () => {
    const all = await functions();
    const known = [...hookPaths, ...Object.keys(harmless)];
    expect(
      all.filter((path) => !known.includes(path)),
      'functions nobody has looked at',
    ).to.deep.equal([]);
    // Core has no default for these.
    const given = [
      ...all,
      'extraParams.dpop_jkt',
      'extraParams.scope',
      'formats.bitsOfOpaqueRandomness',
      'formats.customizers.jwt',
      'extraClientMetadata.validator',
    ];
    expect(
      known.filter((path) => !given.includes(path)),
      'functions core does not have',
    ).to.deep.equal([]);
  });

  for (const path of hookPaths) {
    it(`${path}: ours runs first, and what it says stands`, async () => {
      const { theirs, args, within } = careless[path];
      let times = 0;
      const counted: Anything = (...given) => {
        times += 1;
        return theirs(...given);
      };
      const hook = at(await configured(path, counted), path) as Anything;
      const answer = await new Promise((resolve) => resolve(hook(...args))).catch((error: Error) => error);
      within(answer, args);
      expect(times, 'times theirs was asked').to.equal(asked.includes(path) ? 1 : 0);
    });
  }
});
