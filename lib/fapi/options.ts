import type { Configuration } from 'oidc-provider';

import { didYouMean } from '../did_you_mean.ts';
import type { Violation } from '../errors.ts';
import { type Features, features, type KeyOf } from './feature_options.ts';

type Members<T> = Readonly<
  Record<NonNullable<T> extends infer U ? (U extends unknown ? keyof U : never) : never, true>
>;

/**
 * Core's options. Core ignores a misspelt one without a word, and a rule of the profile with it. The compiler keeps
 * these lists complete: an option that core's types gain or lose is an error here.
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

type At<T, Path extends string> = Path extends `${infer Key}.${infer Rest}`
  ? At<Member<T, Key>, Rest>
  : Member<T, Path>;
type Member<T, Key extends string> = T extends unknown ? (Key extends keyof T ? NonNullable<T[Key]> : never) : never;
type MembersAt<Path extends string> = readonly (KeyOf<At<Configuration, Path>> & string)[];

const jwa = [
  'authorizationEncryptionAlgValues',
  'authorizationEncryptionEncValues',
  'authorizationSigningAlgValues',
  'idTokenEncryptionAlgValues',
  'idTokenEncryptionEncValues',
  'idTokenSigningAlgValues',
  'introspectionEncryptionAlgValues',
  'introspectionEncryptionEncValues',
  'introspectionSigningAlgValues',
  'requestObjectEncryptionAlgValues',
  'requestObjectEncryptionEncValues',
  'requestObjectSigningAlgValues',
  'userinfoEncryptionAlgValues',
  'userinfoEncryptionEncValues',
  'userinfoSigningAlgValues',
  'attestSigningAlgValues',
  'clientAuthSigningAlgValues',
  'dPoPSigningAlgValues',
] as const;

const cookie = [
  'domain',
  'httpOnly',
  'overwrite',
  'partitioned',
  'path',
  'priority',
  'sameSite',
  'secure',
  'signed',
] as const;

/** Members of the options that are objects. The compiler refuses a name core does not have. */
type Nested =
  | 'cookies'
  | `cookies.${'long' | 'names' | 'short'}`
  | 'enabledJWA'
  | 'extraClientMetadata'
  | 'fetchResponseBodyLimits'
  | 'features'
  | 'formats'
  | 'formats.customizers'
  | 'interactions'
  | 'pkce'
  | 'routes'
  | 'ttl';

const members: { readonly [Path in Nested]: MembersAt<Path> } = {
  cookies: ['names', 'long', 'short', 'keys'],
  'cookies.long': cookie,
  'cookies.short': cookie,
  'cookies.names': ['interaction', 'resume', 'session'],
  enabledJWA: jwa,
  extraClientMetadata: ['properties', 'validator'],
  fetchResponseBodyLimits: ['client_id metadata document', 'jwks_uri', 'sector_identifier_uri'],
  features: Object.keys(features) as (keyof Features)[],
  formats: ['bitsOfOpaqueRandomness', 'customizers'],
  'formats.customizers': ['jwt'],
  interactions: ['policy', 'url'],
  pkce: ['required'],
  routes: [
    'authorization',
    'backchannel_authentication',
    'challenge',
    'code_verification',
    'credential',
    'device_authorization',
    'end_session',
    'introspection',
    'jwks',
    'pushed_authorization_request',
    'registration',
    'revocation',
    'token',
    'userinfo',
  ],
  ttl: [
    'AccessToken',
    'AuthorizationCode',
    'BackchannelAuthenticationRequest',
    'ClientCredentials',
    'DeviceCode',
    'Grant',
    'IdToken',
    'Interaction',
    'PreAuthorizedCode',
    'RefreshToken',
    'Session',
  ],
};

function unknownIn(value: unknown, known: readonly string[], path: readonly string[]): Violation[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => ({ path: [...path, key], text: `is no option of core's${didYouMean(key, known)}` }));
}

/** Lists options that core does not have, and would ignore. */
export function unknownOptions(configuration: Configuration): Violation[] {
  const nulls = Object.entries(configuration).filter(([, value]) => value === null);
  return [
    ...nulls.map(([name]) => ({ path: [name], text: 'is null, leave it out' })),
    ...(configuration.clients === undefined || Array.isArray(configuration.clients)
      ? []
      : [{ path: ['clients'], text: 'must be a list of client metadata' }]),
    ...unknownIn(configuration, Object.keys(options), []),
    ...Object.entries<readonly string[]>(members).flatMap(([path, known]) => {
      const keys = path.split('.');
      const value = keys.reduce<unknown>(
        (node, key) => (node as Record<string, unknown> | undefined)?.[key],
        configuration,
      );
      return unknownIn(value, known, keys);
    }),
    ...Object.entries(features).flatMap(([key, known]) =>
      unknownIn(configuration.features?.[key as keyof Features], known, ['features', key]),
    ),
  ];
}
