import type { Configuration, Provider } from 'oidc-provider';
import { errors } from 'oidc-provider';

import type { ClauseId } from '../clause.ts';
import { ProfileViolationError } from '../errors.ts';
import type { Finding, Mechanism } from './mechanism.ts';

/** Grants that core has and the profile governs. */
const governed = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:openid:params:grant-type:ciba',
] as const;

const password = 'FAPI2-SP-FINAL-5.3.2.1-2';
const codeOnly = 'FAPI2-SP-FINAL-5.3.2.2-1';
const notAnalysed = 'FAPI2-SP-FINAL-5.3.2.1';

/** Grants no setting allows, by the clause that forbids them. */
const forbidden: Readonly<Record<string, ClauseId>> = {
  password,
  implicit: codeOnly,
  'urn:ietf:params:oauth:grant-type:device_code': notAnalysed,
  'urn:ietf:params:oauth:grant-type:pre-authorized_code': notAnalysed,
};

const forbiddenFeatures = [
  'attestClientAuth',
  'clientIdMetadataDocument',
  'deviceFlow',
  'openid4vci',
  'webMessageResponseMode',
] as const satisfies (keyof NonNullable<Configuration['features']>)[];

/** Lists a client's grants that a clause forbids. */
function* forbiddenBy(clause: ClauseId, grants: unknown, named: readonly string[]): Iterable<Finding> {
  if (!Array.isArray(grants)) return;
  const allowed = [...governed, ...named];
  for (const [index, grant] of grants.entries()) {
    const known = Object.hasOwn(forbidden, grant);
    if (allowed.includes(grant) || ((known && forbidden[grant]) || notAnalysed) !== clause) continue;
    const remedy = known ? '' : '; name a grant of your own in the setting grant_types of the profile';
    yield { path: ['grant_types', index], text: `${grant} is not one of ${allowed.join(', ')}${remedy}` };
  }
}

/** Finds grants by which a client gets nothing. */
function* uselessGrants(grants: unknown, types: unknown): Iterable<Finding> {
  if (!Array.isArray(grants) || grants.length === 0) return;
  if (grants.every((grant) => grant === 'refresh_token')) {
    yield { path: ['grant_types'], text: 'is refresh_token alone, which nothing hands out: add authorization_code' };
  }
  if (grants.includes('authorization_code') && Array.isArray(types) && types.length === 0) {
    yield { path: ['response_types'], text: 'is [], and the grant authorization_code needs [code]' };
  }
}

/** Registers what is named, so that clients may have it, and lets nothing else be registered. */
function guardGrants(provider: Provider, named: readonly string[]): void {
  const register = provider.registerGrantType.bind(provider);
  for (const name of named) {
    register(name, () => {
      throw new errors.UnsupportedGrantType(
        `${name} is allowed, but was not registered with provider.registerGrantType()`,
      );
    });
  }
  const guarded = function registerGrantType(...args: Parameters<typeof register>) {
    const [name] = args;
    if (named.includes(name)) return register(...args);
    const own = (governed as readonly string[]).includes(name);
    const clause = forbidden[name] ?? notAnalysed;
    const text = own
      ? "is core's own grant, which the profile governs: it cannot be replaced"
      : name in forbidden
        ? 'is not allowed by the profile'
        : 'is not allowed unless the setting grant_types of the profile names it';
    throw new ProfileViolationError('FAPI 2.0', [{ clause, text, path: ['registerGrantType', name] }]);
  };
  provider.registerGrantType = guarded as typeof provider.registerGrantType; // its parameters' type is a parameter
}

/**
 * Allows the authorization code flow, and no other that hands out tokens by way of a browser or a password.
 *
 * @param settings.grant_types grants of the deployment's own, registered with `provider.registerGrantType()`
 * afterwards.
 *   Their access tokens are bound and limited like all others.
 */
export function codeFlow({ grant_types: named = [] }: { grant_types?: readonly string[] | undefined } = {}): Mechanism {
  return {
    name: 'code_flow',
    clauses: [
      {
        id: codeOnly,
        text: 'shall require the value of response_type to be code',
        violated: ({ responseTypes }) =>
          responseTypes?.length === 1 && responseTypes[0] === 'code'
            ? undefined
            : { path: ['responseTypes'], text: "must be ['code']" },
        *client({ response_types, grant_types }) {
          if (Array.isArray(response_types) && response_types.some((type) => type !== 'code')) {
            yield { path: ['response_types'], text: 'must be [code], or [] for a client without redirects' };
          }
          yield* forbiddenBy(codeOnly, grant_types, named);
          yield* uselessGrants(grant_types, response_types);
        },
      },
      {
        id: password,
        text: 'shall reject requests using the resource owner password credentials grant',
        client: ({ grant_types }) => forbiddenBy(password, grant_types, named),
      },
      {
        id: notAnalysed,
        text: 'flows and client types the profile was not analysed for are not offered',
        *violated({ features }) {
          for (const name of forbiddenFeatures) {
            if (features?.[name]?.enabled) yield { path: ['features', name, 'enabled'], text: 'must be false' };
          }
          for (const name of named) {
            if (name in forbidden) yield { path: ['grant_types'], text: `${name} cannot be allowed` };
          }
        },
        client: ({ grant_types }) => forbiddenBy(notAnalysed, grant_types, named),
      },
    ],
    configuration: { responseTypes: ['code'], clientDefaults: { response_types: ['code'] } },
    attach: (provider) => guardGrants(provider, named),
  };
}
