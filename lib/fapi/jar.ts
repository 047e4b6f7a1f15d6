import { errors } from 'oidc-provider';
import { z } from 'zod';

import { seconds } from '../seconds.ts';
import { algorithms } from '../signing_algorithms.ts';
import { wholeSeconds } from '../values.ts';
import { noUsableKey } from './client_keys.ts';
import { refuses } from './hooks.ts';
import { jwtTypeOf } from './jwt.ts';
import type { Mechanism } from './mechanism.ts';
import { leaveOutNulls } from './request_object.ts';

const longest = 3600;

const limit = wholeSeconds.max(longest, `is too long, write at most ${longest} seconds`).optional();

/** Settings of request objects. Left out, a profile's own limits hold. */
export const requestObjectSettings = z.strictObject({
  max_lifetime: limit.describe(
    `seconds from nbf to exp of a request object; ${longest} when left out, or what the ecosystem says`,
  ),
  max_age: limit.describe(`seconds nbf may be in the past; ${longest} when left out, or what the ecosystem says`),
});

export type RequestObjectSettings = z.input<typeof requestObjectSettings>;

/** Seconds that a request object has to be good for at the push: the pushed request lives no longer. */
const shortest = 5;
const types = [undefined, 'jwt', 'oauth-authz-req+jwt'];

function invalid(text: string): never {
  throw new errors.InvalidRequestObject(`Request Object ${text}`);
}

const clauses: Mechanism['clauses'] = [
  {
    id: 'FAPI2-MS-ID1-5.3.1-1',
    text: 'shall support, require use of, and verify signed request objects according to JAR at the push',
    violated: ({ features }) =>
      features?.requestObjects?.enabled && features.requestObjects.requireSignedRequestObject
        ? undefined
        : { path: ['features', 'requestObjects', 'requireSignedRequestObject'], text: 'must be true' },
    *client(metadata, { enabledJWA }) {
      const { request_object_signing_alg: alg, grant_types = ['authorization_code'] } = metadata;
      if (!grant_types.includes('authorization_code')) return;
      if (metadata.jwks === undefined && metadata.jwks_uri === undefined) {
        yield {
          path: ['jwks'],
          text: 'is missing: request objects have to be signed, write the public key they are signed with',
        };
      }
      const permitted = enabledJWA?.requestObjectSigningAlgValues ?? algorithms;
      yield* noUsableKey(metadata, alg === undefined ? permitted : [`${alg}`], 'sign a request object');
    },
  },
  {
    id: 'FAPI2-MS-ID1-5.3.1-2',
    text: 'shall require the aud claim in the request object to be, or to be an array containing, the issuer identifier',
  },
  {
    id: 'FAPI2-MS-ID1-5.3.1-3',
    setting: { key: 'request_object.max_age', tightens: (value) => Number(value) < longest },
    text: 'shall require the request object to contain an nbf claim that is no longer than 60 minutes in the past',
  },
  {
    id: 'FAPI2-MS-ID1-5.3.1-4',
    setting: { key: 'request_object.max_lifetime', tightens: (value) => Number(value) < longest },
    text: 'shall require the request object to contain an exp claim with a lifetime of no longer than 60 minutes after nbf',
  },
  {
    id: 'FAPI2-MS-ID1-5.3.1-5',
    text: 'shall accept request objects with a typ header parameter of oauth-authz-req+jwt, and none of another kind',
  },
  {
    id: 'PAR-2.2',
    text: 'expires_in is a positive integer: a request object about to expire is refused',
  },
];

/**
 * Takes signed request objects, and bounds how long they are good.
 *
 * @param settings.required true where a request object is demanded, as Message Signing does. Otherwise the same holds
 * for one
 *   that a deployment allows, and no clause is claimed.
 * @see [RFC 9101 - JWT-Secured Authorization Request](https://www.rfc-editor.org/rfc/rfc9101.html)
 */
export function jar({
  required = true,
  max_age = longest,
  max_lifetime = longest,
}: RequestObjectSettings & { readonly required?: boolean } = {}): Mechanism {
  return {
    name: 'jar',
    clauses: required ? clauses : [],
    configuration: required
      ? { features: { requestObjects: { enabled: true, requireSignedRequestObject: true } } }
      : {},
    hooks: {
      'features.requestObjects.assertJwtClaimsAndHeader': refuses((ctx, claims, header) => {
        leaveOutNulls(ctx.oidc.params ?? {}, claims);
        // The pushed request comes by here again when it is used: then it is ours, whatever its age.
        if ('PushedAuthorizationRequest' in ctx.oidc.entities) return;
        const { exp, nbf, sub } = claims;
        const time = seconds();
        if (!types.includes(jwtTypeOf(header))) invalid('typ is not oauth-authz-req+jwt');
        if (sub !== undefined) invalid('must not have a sub claim, which would make it a client assertion');
        if (typeof nbf !== 'number') invalid("is missing the 'nbf' claim");
        if (typeof exp !== 'number') invalid("is missing the 'exp' claim");
        if (nbf < time - max_age) invalid(`nbf must be within ${max_age} seconds`);
        if (exp <= nbf || exp - nbf > max_lifetime) invalid(`exp must be within ${max_lifetime} seconds after nbf`);
        if (exp - time < shortest) invalid('has expired or is about to');
      }),
    },
  };
}
