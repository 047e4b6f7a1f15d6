import { createPublicKey } from 'node:crypto';

import type { JWK } from 'jose';
import type { Configuration } from 'oidc-provider';
import { z } from 'zod';

import { coreConfiguration, presets, toCore } from '../settings.ts';
import type { Finding, Mechanism } from './mechanism.ts';

/** `Ed25519` is the registered name of what `EdDSA` meant with that curve; both are in use. */
export const algorithms = ['PS256', 'ES256', 'EdDSA', 'Ed25519'] as const;

const permitted: readonly unknown[] = algorithms;
const lists = [
  'clientAuthSigningAlgValues',
  'idTokenSigningAlgValues',
  'requestObjectSigningAlgValues',
  'userinfoSigningAlgValues',
  'introspectionSigningAlgValues',
  'authorizationSigningAlgValues',
  'dPoPSigningAlgValues',
] as const satisfies (keyof NonNullable<Configuration['enabledJWA']>)[];

const named = algorithms.join(', ');

/** Settings of the signature algorithms. */
export const algorithmSettings = z.strictObject({
  algorithms: toCore(
    z
      .array(z.enum(algorithms, `is none of the permitted ones, write some of ${named} [FAPI2-SP-FINAL-5.4.1-1]`))
      .min(1, `lists no algorithm, write some of ${named}`)
      .default([...algorithms])
      .describe('signature algorithms in both directions'),
    ...lists.map((list) => `enabledJWA.${list}` as const),
  ),
});

/** What we sign, as opposed to what we verify. */
const signing = [
  'idTokenSigningAlgValues',
  'userinfoSigningAlgValues',
  'introspectionSigningAlgValues',
  'authorizationSigningAlgValues',
] as const;

/** Client metadata that names a signature algorithm, with a default of core's that is outside the profile. */
const defaults = {
  id_token_signed_response_alg: 'ES256',
  authorization_signed_response_alg: 'ES256',
  introspection_signed_response_alg: 'ES256',
} as const;

const metadataNames = [
  ...Object.keys(defaults),
  'userinfo_signed_response_alg',
  'request_object_signing_alg',
  'token_endpoint_auth_signing_alg',
  'backchannel_authentication_request_signing_alg',
];

/** The size of a key in bits, as RFC 7518 counts it; `undefined` for what is no public key. */
function bits(jwk: JWK): number | undefined {
  if (jwk.kty === 'OKP') return 256;
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key: { ...jwk } as never, format: 'jwk' });
    return asymmetricKeyDetails?.modulusLength ?? (jwk.kty === 'EC' ? Number(jwk.crv?.slice(2)) : undefined);
  } catch {
    return undefined;
  }
}

function* weak(
  keys: unknown,
  path: readonly (string | number)[],
  least: Partial<Record<string, number>>,
): Iterable<Finding> {
  if (!Array.isArray(keys)) return;
  for (const [index, key] of keys.entries()) {
    const minimum = least[(key as JWK | null)?.kty ?? ''];
    const size = minimum && bits(key as JWK);
    if (minimum && size && size < minimum) {
      yield { path: [...path, index], text: `is a key of ${size} bits; use at least ${minimum}` };
    }
  }
}

const first = <T>(iterable: Iterable<T>): T | undefined => [...iterable][0];

/** Which algorithms sign, and how large the keys are. */
export function signatureAlgorithms(): Mechanism {
  return {
    name: 'algorithms',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.4.1-1',
        text: 'shall use PS256, ES256, or EdDSA (using the Ed25519 variant), and shall not use or accept the none algorithm',
        violated({ enabledJWA, clientDefaults }) {
          const list = lists.find(
            (name) => !enabledJWA?.[name]?.length || enabledJWA[name]?.some((alg) => !permitted.includes(alg)),
          );
          if (list) return { path: ['enabledJWA', list], text: `must name some of ${named} and nothing else` };
          const alg = metadataNames.find((name) => clientDefaults?.[name] && !permitted.includes(clientDefaults[name]));
          return alg ? { path: ['clientDefaults', alg], text: `must be one of ${named}` } : undefined;
        },
        *client(metadata) {
          for (const name of metadataNames) {
            if (metadata[name] !== undefined && !permitted.includes(metadata[name])) {
              yield { path: [name], text: `${metadata[name]} is not one of ${named}` };
            }
          }
        },
      },
      {
        id: 'FAPI2-SP-FINAL-5.4.1-2',
        text: 'RSA keys shall have a minimum length of 2048 bits',
        violated: ({ jwks }) => first(weak(jwks?.keys, ['jwks', 'keys'], { RSA: 2048 })),
        client: ({ jwks }) => weak(jwks?.keys, ['jwks', 'keys'], { RSA: 2048 }),
      },
      {
        id: 'FAPI2-SP-FINAL-5.4.1-3',
        text: 'elliptic curve keys shall have a minimum length of 224 bits',
        violated: ({ jwks }) => first(weak(jwks?.keys, ['jwks', 'keys'], { EC: 224 })),
        client: ({ jwks }) => weak(jwks?.keys, ['jwks', 'keys'], { EC: 224 }),
      },
      {
        id: 'FAPI2-SP-FINAL-5.4.2-3',
        text: 'keys are the deployment’s own, each with an alg and a kid of its own',
        violated({ jwks }) {
          const keys = jwks?.keys as JWK[] | undefined;
          if (!keys?.length)
            return { path: ['jwks'], text: 'must hold the signing keys: core has a published one for development' };
          const kids = keys.map(({ kid }) => kid);
          const index = keys.findIndex(
            ({ alg, kid }, at) =>
              !permitted.includes(alg) || !kid || kid === 'keystore-CHANGE-ME' || kids.indexOf(kid) < at,
          );
          return index < 0
            ? undefined
            : {
                path: ['jwks', 'keys', index],
                text: `must have a kid no other key has, and an alg of ${named}`,
              };
        },
      },
    ],
    configuration: {
      ...coreConfiguration(algorithmSettings, presets(algorithmSettings)),
      clientDefaults: defaults as NonNullable<Configuration['clientDefaults']>,
    },
    compose(configuration) {
      const keys = (configuration.jwks?.keys ?? []) as JWK[];
      const enabledJWA = { ...configuration.enabledJWA };
      // An algorithm we hold no key for is not ours to offer: core would only notice when it has to sign.
      for (const list of signing)
        enabledJWA[list] = enabledJWA[list]?.filter((name) => keys.some(({ alg }) => alg === name));
      return { ...configuration, enabledJWA };
    },
  };
}
