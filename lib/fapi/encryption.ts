import type { JWK } from 'jose';
import type { ClientMetadata, Configuration } from 'oidc-provider';

import type { Finding, Mechanism } from './mechanism.ts';

/** Key management by a key pair of the client's. The others need a secret that both sides hold, and no client has one. */
const algs = [
  'ECDH-ES',
  'ECDH-ES+A128KW',
  'ECDH-ES+A256KW',
  'RSA-OAEP',
  'RSA-OAEP-256',
  'RSA-OAEP-384',
  'RSA-OAEP-512',
] as const;
const encs = ['A128GCM', 'A256GCM', 'A128CBC-HS256', 'A256CBC-HS512'] as const;

/** Messages that may be encrypted, by the server for a client or by a client for the server. */
const kinds = ['idToken', 'userinfo', 'requestObject', 'introspection', 'authorization'] as const;

/** Client metadata that ask for a response in encrypted form. */
const asked = [
  'id_token_encrypted_response',
  'userinfo_encrypted_response',
  'authorization_encrypted_response',
  'introspection_encrypted_response',
] as const;

const fits = (alg: string, { kty, use }: JWK): boolean =>
  use !== 'sig' && (alg.startsWith('RSA') ? kty === 'RSA' : kty === 'EC' || kty === 'OKP');

function* clientFindings({ jwks, jwks_uri, ...metadata }: ClientMetadata): Iterable<Finding> {
  const keys = Array.isArray(jwks?.keys) ? jwks.keys : [];
  for (const name of asked) {
    const [alg, enc] = [metadata[`${name}_alg`], metadata[`${name}_enc`]];
    if (enc !== undefined && !(encs as readonly unknown[]).includes(enc)) {
      yield { path: [`${name}_enc`], text: `${enc} is not one of ${encs.join(', ')}` };
    }
    if (alg === undefined) continue;
    if (!(algs as readonly unknown[]).includes(alg)) {
      yield { path: [`${name}_alg`], text: `${alg} is not one of ${algs.join(', ')}` };
    } else if (jwks_uri === undefined && !keys.some((key) => fits(`${alg}`, key))) {
      yield { path: [`${name}_alg`], text: `jwks holds no key for ${alg}, write one with use: enc` };
    }
  }
}

/**
 * Encrypts ID Tokens, UserInfo and other responses for the clients that register for it.
 *
 * @see [RFC 7516 - JSON Web Encryption](https://www.rfc-editor.org/rfc/rfc7516.html)
 */
export function encryption(): Mechanism {
  return {
    name: 'encryption',
    clauses: [
      {
        id: 'RFC8725-3.2',
        text: 'encrypts with algorithms of present strength, to a key pair of the client: no RSAES-PKCS1-v1_5, no shared secret',
        *violated({ enabledJWA }) {
          for (const kind of kinds) {
            const name = `${kind}EncryptionAlgValues` as const;
            const wrong = enabledJWA?.[name]?.find((alg) => !(algs as readonly string[]).includes(alg));
            if (wrong) yield { path: ['enabledJWA', name], text: `must name some of ${algs.join(', ')}, not ${wrong}` };
          }
        },
        client: clientFindings,
      },
    ],
    configuration: {
      features: { encryption: { enabled: true }, jwtUserinfo: { enabled: true } },
      enabledJWA: Object.fromEntries(
        kinds.flatMap((kind) => [
          [`${kind}EncryptionAlgValues`, [...algs]],
          [`${kind}EncryptionEncValues`, [...encs]],
        ]),
      ) as NonNullable<Configuration['enabledJWA']>,
    },
  };
}
