import type { Configuration } from 'oidc-provider';

import { didYouMean } from '../did_you_mean.ts';
import type { Violation } from '../errors.ts';

type Members<T> = Readonly<
  Record<NonNullable<T> extends infer U ? (U extends unknown ? keyof U : never) : never, true>
>;
type Features = Required<NonNullable<Configuration['features']>>;

/**
 * Core accepts a misspelt option in silence, which is how a profile gets lost. The compiler keeps these lists complete:
 * an option that core's types gain or lose is an error here.
 */
const options: Members<Configuration> = {
  acceptQueryParamAccessTokens: true,
  acrValues: true,
  adapter: true,
  allowOmittingSingleRegisteredRedirectUri: true,
  assertJwtClientAuthClaimsAndHeader: true,
  claims: true,
  clientAuthMethods: true,
  clientBasedCORS: true,
  clientDefaults: true,
  clients: true,
  clockTolerance: true,
  conformIdTokenClaims: true,
  cookies: true,
  discovery: true,
  enableHttpPostMethods: true,
  enabledJWA: true,
  expiresWithSession: true,
  extraClientMetadata: true,
  extraParams: true,
  extraTokenClaims: true,
  features: true,
  fetch: true,
  fetchResponseBodyLimits: true,
  findAccount: true,
  formats: true,
  interactions: true,
  issueRefreshToken: true,
  jwks: true,
  loadExistingGrant: true,
  pairwiseIdentifier: true,
  pkce: true,
  renderError: true,
  responseTypes: true,
  revokeGrantPolicy: true,
  rotateRefreshToken: true,
  routes: true,
  scopes: true,
  sectorIdentifierUriValidate: true,
  subjectTypes: true,
  ttl: true,
};

type KeyOf<T> = NonNullable<T> extends infer U ? (U extends unknown ? keyof U : never) : never;

const features: Readonly<{ [Feature in keyof Features]: readonly KeyOf<Features[Feature]>[] }> = {
  attestClientAuth: [
    'ack',
    'enabled',
    'additionalSecuritySignal',
    'challengeSecret',
    'getAttestationSignaturePublicKey',
    'assertAttestationJwtAndPop',
  ],
  backchannelLogout: ['enabled'],
  ciba: [
    'enabled',
    'deliveryModes',
    'triggerAuthenticationDevice',
    'validateBindingMessage',
    'validateRequestContext',
    'processLoginHintToken',
    'processLoginHint',
    'verifyUserCode',
  ],
  claimsParameter: ['enabled', 'assertClaimsParameter'],
  clientCredentials: ['enabled'],
  clientIdMetadataDocument: ['ack', 'enabled', 'allowFetch', 'allowClient', 'cacheDuration'],
  dPoP: ['enabled', 'nonceSecret', 'requireNonce', 'allowReplay'],
  devInteractions: ['enabled'],
  deviceFlow: [
    'enabled',
    'charset',
    'mask',
    'deviceInfo',
    'userCodeInputSource',
    'userCodeConfirmSource',
    'successSource',
  ],
  encryption: ['enabled'],
  externalSigningSupport: ['ack', 'enabled'],
  fapi: ['enabled', 'profile'],
  introspection: ['enabled', 'allowedPolicy'],
  jwtIntrospection: ['enabled'],
  jwtResponseModes: ['enabled'],
  jwtUserinfo: ['enabled'],
  mTLS: [
    'enabled',
    'certificateBoundAccessTokens',
    'selfSignedTlsClientAuth',
    'tlsClientAuth',
    'getCertificate',
    'certificateAuthorized',
    'certificateSubjectMatches',
  ],
  openid4vci: [
    'ack',
    'enabled',
    'nonceSecret',
    'preAuthorizedCodeGrant',
    'metadata',
    'credentialConfigurationsSupported',
    'credentialEndpointExpectedAudience',
    'credentialConfigurationPolicy',
    'issueCredential',
    'getKeyAttestationSignaturePublicKey',
  ],
  pushedAuthorizationRequests: ['enabled', 'requirePushedAuthorizationRequests', 'allowUnregisteredRedirectUris'],
  registration: [
    'enabled',
    'initialAccessToken',
    'policies',
    'idFactory',
    'secretFactory',
    'issueRegistrationAccessToken',
  ],
  registrationManagement: ['enabled', 'rotateRegistrationAccessToken'],
  requestObjects: ['enabled', 'requireSignedRequestObject', 'assertJwtClaimsAndHeader'],
  resourceIndicators: ['enabled', 'defaultResource', 'useGrantedResource', 'getResourceServerInfo'],
  revocation: ['enabled', 'allowedPolicy'],
  richAuthorizationRequests: [
    'enabled',
    'types',
    'authorizationDetailsForGrantSource',
    'authorizationDetailsForAccessToken',
    'authorizationDetailsForIntrospection',
  ],
  rpInitiatedLogout: ['enabled', 'postLogoutSuccessSource', 'logoutSource'],
  rpMetadataChoices: ['enabled'],
  userinfo: ['enabled'],
  webMessageResponseMode: ['ack', 'enabled'],
};

const members: Readonly<Partial<Record<keyof Configuration, readonly string[]>>> = {
  cookies: ['names', 'long', 'short', 'keys'],
  extraClientMetadata: ['properties', 'validator'],
  features: Object.keys(features),
  formats: ['bitsOfOpaqueRandomness', 'customizers'],
  interactions: ['policy', 'url'],
  pkce: ['required'],
};

function unknownIn(value: unknown, known: readonly string[], path: readonly string[]): Violation[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => ({ path: [...path, key], text: `is no option of core's${didYouMean(key, known)}` }));
}

/** Options that core does not have: it would ignore them. */
export function unknownOptions(configuration: Configuration): Violation[] {
  return [
    ...unknownIn(configuration, Object.keys(options), []),
    ...Object.entries(members).flatMap(([key, known]) =>
      unknownIn(configuration[key as keyof Configuration], known, [key]),
    ),
    ...Object.entries(features).flatMap(([key, known]) =>
      unknownIn(configuration.features?.[key as keyof Features], known, ['features', key]),
    ),
  ];
}
