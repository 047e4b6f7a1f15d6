import { createRemoteJWKSet, customFetch, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';

import { algorithms } from '../signing_algorithms.ts';
import { type AccessToken, VerificationFailed, type VerifyAccessToken } from './access_token.ts';

/** An authorization server that issues access tokens as JWTs. */
export interface JwtAccessTokenSettings {
  readonly issuer: string;
  /** Value that a token's `aud` has to contain: the identifier of this resource server. */
  readonly audience: string;
  /** Address at which the server publishes its keys, or a function that finds the key. */
  readonly jwks: string | JWTVerifyGetKey;
  readonly fetch?: typeof fetch;
}

/** True for an error of `jose` that is a fault of the token; the others are faults of reading the keys. */
const isOfToken = (error: unknown): boolean =>
  error instanceof errors.JWTInvalid ||
  error instanceof errors.JWSInvalid ||
  error instanceof errors.JWTClaimValidationFailed ||
  error instanceof errors.JWTExpired ||
  error instanceof errors.JWSSignatureVerificationFailed ||
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSEAlgNotAllowed ||
  error instanceof errors.JOSENotSupported;

function accessToken({
  client_id,
  exp,
  sub,
  scope,
  aud,
  cnf,
  authorization_details,
}: JWTPayload): AccessToken | undefined {
  if (typeof client_id !== 'string' || typeof sub !== 'string' || (scope !== undefined && typeof scope !== 'string')) {
    return undefined;
  }
  const details = Array.isArray(authorization_details) ? { authorization_details } : {};
  return { client_id, exp: Number(exp), sub, scope, aud, cnf: cnf as AccessToken['cnf'], ...details };
}

/**
 * Verifies access tokens that are JWTs by the keys of their issuer. A token that was revoked stays good until it
 * expires: use `introspection()` where that matters.
 *
 * @param settings the issuer, the audience that is this resource server, and the keys or their address.
 * @throws {VerificationFailed} from the function it returns, when the keys cannot be read.
 * @example
 * const verify = jwtAccessTokens({ issuer, audience: 'https://api.example.com', jwks: `${issuer}/jwks` });
 * @see [RFC 9068 section 4 - Validating JWT Access Tokens](https://www.rfc-editor.org/rfc/rfc9068.html#section-4)
 */
export function jwtAccessTokens({ issuer, audience, jwks, fetch }: JwtAccessTokenSettings): VerifyAccessToken {
  const keys =
    typeof jwks === 'string' ? createRemoteJWKSet(new URL(jwks), fetch ? { [customFetch]: fetch } : {}) : jwks;
  return async function verify(token) {
    try {
      const { payload } = await jwtVerify(token, keys, {
        ...{ typ: 'at+jwt', algorithms: [...algorithms], issuer, audience },
        requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
      });
      return accessToken(payload);
    } catch (cause) {
      if (isOfToken(cause)) return undefined;
      throw new VerificationFailed('the keys of the authorization server cannot be had', { cause });
    }
  };
}
