import { createPublicKey, type KeyObject } from 'node:crypto';

import { createLocalJWKSet, type JWK, jwtVerify } from 'jose';
import { ExternalSigningKey, type Provider } from 'oidc-provider';

import type { Keys } from '../keys/keys.ts';
import type { AccessToken, VerifyAccessToken } from '../resource/access_token.ts';
import { tokensOf } from '../resource/access_tokens.ts';
import { algorithms } from '../signing_algorithms.ts';

function publicPart(signing: JWK | ExternalSigningKey): JWK {
  const { kid, alg } = signing;
  const key =
    signing instanceof ExternalSigningKey
      ? (signing.keyObject() as KeyObject)
      : createPublicKey({ key: signing, format: 'jwk' });
  return { ...key.export({ format: 'jwk' }), ...(kid && { kid }), ...(alg && { alg }) };
}

/** Verifies access tokens of a provider in the same process, opaque ones and JWTs for any resource. */
export function issuedTokens(provider: Provider, keys: Keys['jwks']['keys']): VerifyAccessToken {
  const opaque = tokensOf(provider);
  const published = createLocalJWKSet({ keys: keys.map(publicPart) });
  const rules = { issuer: provider.issuer, typ: 'at+jwt', algorithms: [...algorithms] };
  async function jwt(token: string): Promise<AccessToken | undefined> {
    const verified = await jwtVerify(token, published, rules).catch(() => undefined);
    return verified?.payload as AccessToken | undefined;
  }
  return (token) => (token.includes('.') ? jwt(token) : opaque(token));
}
