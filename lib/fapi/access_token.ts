import type { AccessToken, ClientCredentials, Provider } from 'oidc-provider';
import Core, { errors } from 'oidc-provider';
import { z } from 'zod';

import { coreConfiguration, presets, toCore } from '../settings.ts';
import { algorithms } from '../signing_algorithms.ts';
import { wholeSeconds } from '../values.ts';
import type { Compose, HookAt } from './hooks.ts';
import { bounded, endInTime } from './lifetimes.ts';
import type { Mechanism } from './mechanism.ts';

/** Longest life of an access token a resource server may ask for, in seconds. */
const longest = 3600;

/** The kinds of access tokens: of a person, and of a client's own. */
export const accessTokenKinds = ['AccessToken', 'ClientCredentials'] as const;

export const accessTokenLifetime = z.strictObject({
  access_token: toCore(
    wholeSeconds.default(300).describe('an access token'),
    ...accessTokenKinds.map((kind) => `ttl.${kind}` as const),
  ),
});

/**
 * The lifetime in seconds that the resource of a token names; core's types do not know that a token has its resource at
 * hand.
 */
export const lifetimeOf = (token: object): number | undefined =>
  (token as { resourceServer?: { accessTokenTTL?: number } }).resourceServer?.accessTokenTTL;

/**
 * Caps the lifetime that a deployment's function answers. A number of the configuration counts only where the resource
 * of the token names none.
 */
const lifetime =
  <F extends (ctx: never, token: never, client: never) => number>(
    kind: (typeof accessTokenKinds)[number],
  ): Compose<F> =>
  (theirs, { ttl }) =>
    ((ctx: never, token: never, client: never) =>
      bounded(
        theirs ? theirs(ctx, token, client) : (lifetimeOf(token) ?? ttl?.[kind]),
        longest,
        presets(accessTokenLifetime).access_token,
      )) as F;

type Token = AccessToken | ClientCredentials;
type Find = Provider['AccessToken']['find'];

/** Ends opaque tokens at their `exp`; core would add its clock tolerance. */
function endOnTime(model: { find: Find }): void {
  const find = model.find;
  const findUnexpired: Find = async function findUnexpired(this: never, ...args) {
    // The method is generic in its class: the compiler does not follow that what it found is of it.
    const found: never = (await find.apply(this, args)) as never;
    const token = found as Partial<Token> | undefined;
    if (args[1]?.ignoreExpiration || (token && !token.isExpired)) return found;
    // For the log, which tells a token that has expired from one that is unknown; what is good costs no second look.
    if (Core.ctx?.oidc?.route === 'userinfo' && (await find.call(this, args[0], { ignoreExpiration: true }))) {
      throw new errors.InvalidToken('access token has expired');
    }
    return undefined;
  };
  model.find = findUnexpired;
}

/** Members of a JWT access token that a customizer leaves as they are; `exp` may come earlier. */
const ours = ['iss', 'aud', 'iat', 'jti', 'client_id', 'cnf'] as const;

/** Members of its header that say which key signed what kind of token. */
const oursInHeader = ['alg', 'kid', 'typ', 'crit', 'b64', 'jwk', 'jku', 'x5c', 'x5u', 'enc', 'zip', 'cty'];

type Customizer = HookAt<'formats.customizers.jwt'>;

/**
 * Wraps a deployment's customizer, which may add members; binding, audience and type stay as the response and the store
 * have them, and `exp` can only come earlier.
 */
function customized(theirs: Customizer): Customizer {
  return async (ctx, token, jwt) => {
    const made = structuredClone(jwt.payload);
    await theirs(ctx, token, jwt);
    const { exp } = jwt.payload;
    jwt.payload = {
      ...jwt.payload,
      ...Object.fromEntries(ours.map((name) => [name, made[name]])),
      exp: typeof exp === 'number' && exp < Number(made.exp) ? exp : made.exp,
    };
    if (jwt.header)
      jwt.header = Object.fromEntries(Object.entries(jwt.header).filter(([name]) => !oursInHeader.includes(name)));
  };
}

/** Bounds the lifetime of access tokens, says where they are accepted, and keeps the members of those that are JWTs. */
export function accessToken(): Mechanism {
  return {
    name: 'access_token',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.3.4-2',
        text: 'shall not accept access tokens in the URL query parameters',
        violated: ({ acceptQueryParamAccessTokens }) =>
          acceptQueryParamAccessTokens === false
            ? undefined
            : { path: ['acceptQueryParamAccessTokens'], text: 'must be false' },
      },
      {
        id: 'FAPI2-SP-FINAL-5.3.4-3',
        text: 'shall verify the validity, integrity, expiration and revocation status of access tokens',
      },
      {
        id: 'FAPI2-SP-FINAL-6.7',
        text: 'a client_id cannot be mistaken for the sub of a person',
        *client({ client_id }) {
          if (`${client_id}`.startsWith('account:')) {
            yield { path: ['client_id'], text: 'must not begin with account:, as the subjects of accounts do' };
          }
        },
      },
      {
        id: 'FAPI2-SP-FINAL-6.1',
        setting: {
          key: 'ttl.access_token',
          tightens: (value) => Number(value) < presets(accessTokenLifetime).access_token,
        },
        text: 'access tokens are short-lived, and signed with a permitted algorithm where they are JWTs',
        *violated({ ttl }) {
          for (const kind of accessTokenKinds) {
            if (typeof ttl?.[kind] === 'function' || Number(ttl?.[kind]) <= longest) continue;
            yield { path: ['ttl', kind], text: `must be at most ${longest} seconds` };
          }
        },
      },
    ],
    configuration: {
      acceptQueryParamAccessTokens: false,
      ...coreConfiguration(accessTokenLifetime, presets(accessTokenLifetime)),
    },
    hooks: {
      'ttl.AccessToken': lifetime('AccessToken'),
      'ttl.ClientCredentials': lifetime('ClientCredentials'),
      'features.resourceIndicators.getResourceServerInfo': (theirs) =>
        theirs &&
        (async (...args) => {
          const info = await theirs(...args);
          const alg = info.accessTokenFormat === 'jwt' && info.jwt?.sign ? info.jwt.sign.alg : undefined;
          if (alg && !(algorithms as readonly string[]).includes(alg)) {
            throw new errors.InvalidTarget(`the resource server asks for tokens signed with ${alg}`);
          }
          const { accessTokenTTL } = info;
          if (accessTokenTTL === undefined) return info;
          return {
            ...info,
            accessTokenTTL: bounded(accessTokenTTL, longest, presets(accessTokenLifetime).access_token),
          };
        }),
      'formats.customizers.jwt': (theirs) => theirs && customized(theirs),
    },
    attach(provider) {
      for (const model of [provider.AccessToken, provider.ClientCredentials]) {
        endOnTime(model);
        endInTime(model, longest);
      }
    },
  };
}
