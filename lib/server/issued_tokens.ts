import { createPublicKey } from 'node:crypto';

import { createLocalJWKSet, type JWK, jwtVerify } from 'jose';
import type { Provider } from 'oidc-provider';

import { algorithms } from '../fapi/algorithms.ts';
import type { AccessToken, VerifyAccessToken } from '../resource/access_token.ts';
import { tokensOf } from '../resource/access_tokens.ts';

function publicPart({ kid, alg, ...jwk }: JWK): JWK {
  const key = createPublicKey({ key: jwk as never, format: 'jwk' });
  return { ...key.export({ format: 'jwk' }), ...(kid && { kid }), ...(alg && { alg }) };
}

/** Access tokens of a provider in the same process, opaque ones and JWTs for whichever resource. */
export function issuedTokens(provider: Provider, keys: readonly JWK[]): VerifyAccessToken {
  const opaque = tokensOf(provider);
  const published = createLocalJWKSet({ keys: keys.map(publicPart) });
  const rules = { issuer: provider.issuer, typ: 'at+jwt', algorithms: [...algorithms] };
  async function jwt(token: string): Promise<AccessToken | undefined> {
    const verified = await jwtVerify(token, published, rules).catch(() => undefined);
    return verified?.payload as AccessToken | undefined;
  }
  return (token) => (token.includes('.') ? jwt(token) : opaque(token));
}
