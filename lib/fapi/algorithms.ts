import type { JWK } from 'jose';
import type { Configuration } from 'oidc-provider';
import { z } from 'zod';

import { coreConfiguration, presets, toCore } from '../settings.ts';
import { algorithms } from '../signing_algorithms.ts';
import { completed, weak } from './key_set.ts';
import type { Mechanism } from './mechanism.ts';

const permitted: readonly unknown[] = algorithms;
/** Core's lists of algorithms of the messages between the server and a client. */
export const messageLists = [
  'clientAuthSigningAlgValues',
  'idTokenSigningAlgValues',
  'requestObjectSigningAlgValues',
  'userinfoSigningAlgValues',
  'introspectionSigningAlgValues',
  'authorizationSigningAlgValues',
] as const satisfies (keyof NonNullable<Configuration['enabledJWA']>)[];
const lists = [...messageLists, 'dPoPSigningAlgValues'] as const;

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

/** Members that name algorithms we sign with; the others name those we verify. */
const signing = [
  'idTokenSigningAlgValues',
  'userinfoSigningAlgValues',
  'introspectionSigningAlgValues',
  'authorizationSigningAlgValues',
] as const;

/** Defaults of client metadata that name a signature algorithm: core's own are outside the profile. */
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

/** Says which algorithms sign and how large keys are, and completes the `alg` and `kid` a signing key leaves out. */
export function signatureAlgorithms(): Mechanism {
  return {
    name: 'algorithms',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.4.1-1',
        setting: { key: 'algorithms', tightens: (value) => Array.isArray(value) && value.length < algorithms.length },
        text: 'shall use PS256, ES256, or EdDSA (using the Ed25519 variant), and shall not use or accept the none algorithm',
        *violated({ enabledJWA }) {
          for (const list of lists) {
            if (enabledJWA?.[list]?.length && enabledJWA[list].every((alg) => permitted.includes(alg))) continue;
            yield { path: ['enabledJWA', list], text: `must name some of ${named} and nothing else` };
          }
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
        violated: ({ jwks }) => weak(jwks?.keys, ['jwks', 'keys'], { RSA: 2048 }),
        client: ({ jwks }) => weak(jwks?.keys, ['jwks', 'keys'], { RSA: 2048 }),
      },
      {
        id: 'FAPI2-SP-FINAL-5.4.1-3',
        text: 'elliptic curve keys shall have a minimum length of 224 bits',
        violated: ({ jwks }) => weak(jwks?.keys, ['jwks', 'keys'], { EC: 224 }),
        client: ({ jwks }) => weak(jwks?.keys, ['jwks', 'keys'], { EC: 224 }),
      },
      {
        id: 'FAPI2-SP-FINAL-5.4.2-3',
        setting: { key: 'keys', tightens: () => false },
        text: 'keys are the deployment’s own, each with an alg and a kid of its own',
        *violated({ jwks }) {
          const keys = (jwks?.keys ?? []) as JWK[];
          if (!keys.some(({ use }) => use !== 'enc')) {
            yield { path: ['jwks'], text: 'must hold the signing keys: core has a published one for development' };
          }
          for (const [index, { alg, kid, use }] of keys.entries()) {
            const isOwn = kid !== 'keystore-CHANGE-ME' && keys.findIndex((key) => key.kid === kid) === index;
            if (isOwn && (use === 'enc' || permitted.includes(alg))) continue;
            yield { path: ['jwks', 'keys', index], text: `must have a kid no other key has, and an alg of ${named}` };
          }
        },
      },
    ],
    configuration: {
      ...coreConfiguration(algorithmSettings, presets(algorithmSettings)),
      clientDefaults: defaults,
    },
    prepare(configuration) {
      const { jwks } = configuration;
      const keys = Array.isArray(jwks?.keys) ? jwks.keys.map((key) => completed(key as JWK)) : undefined;
      return keys ? { ...configuration, jwks: { ...jwks, keys } as NonNullable<Configuration['jwks']> } : configuration;
    },
    compose(configuration) {
      const keys = (configuration.jwks?.keys ?? []) as JWK[];
      const enabledJWA = { ...configuration.enabledJWA };
      // An algorithm we hold no key for is not ours to offer: core would only notice when it has to sign.
      for (const list of signing)
        enabledJWA[list] = enabledJWA[list]?.filter((name) =>
          keys.some(({ alg, use }) => alg === name && use !== 'enc'),
        );
      return { ...configuration, enabledJWA };
    },
  };
}
