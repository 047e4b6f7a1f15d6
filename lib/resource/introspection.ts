import { randomUUID } from 'node:crypto';

import { type CryptoKey, createRemoteJWKSet, customFetch, type JWK, jwtVerify, type KeyObject, SignJWT } from 'jose';

import { json, introspectionJwt as signed } from '../http/media_types.ts';
import { seconds } from '../seconds.ts';
import { algorithms } from '../signing_algorithms.ts';
import { type AccessToken, VerificationFailed, type VerifyAccessToken } from './access_token.ts';

/** A resource server as a client of an authorization server that runs elsewhere. */
export interface IntrospectionSettings {
  readonly issuer: string;
  readonly introspection_endpoint: string;
  readonly client_id: string;
  /** Authenticates this resource server by `private_key_jwt`. */
  readonly key: CryptoKey | KeyObject | JWK;
  readonly alg: string;
  readonly kid?: string;
  /** Address of the server's keys. Where it is given, the answer has to be signed with one of them. */
  readonly jwks_uri?: string;
  readonly fetch?: typeof fetch;
}

/**
 * True for the error that says that the server keeps no account of tokens of this kind, such as a JWT (RFC 7009 section
 * 2.2.1).
 */
async function isOfNoKnownKind(response: Response): Promise<boolean> {
  if (response.status !== 400) return false;
  const { error } = (await response.json().catch(() => ({}))) as { error?: unknown };
  return error === 'unsupported_token_type';
}

function assertion({ issuer, client_id, key, alg, kid }: IntrospectionSettings): Promise<string> {
  return new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg, ...(kid ? { kid } : {}) })
    .setIssuer(client_id)
    .setSubject(client_id)
    .setAudience(issuer)
    .setIssuedAt()
    .setExpirationTime('1 minute')
    .sign(key);
}

/**
 * Asks an authorization server about each token.
 *
 * @param settings where the server is, and the key this resource server authenticates with.
 * @throws {VerificationFailed} from the function it returns, when the server cannot be asked or its answer is not signed as it should be.
 * @example
 * const verify = introspection({ issuer, introspection_endpoint, client_id: 'api', key, alg: 'ES256' });
 * @see [RFC 7662 section 2 - Introspection Endpoint](https://www.rfc-editor.org/rfc/rfc7662.html#section-2)
 * @see [RFC 9701 - JWT Response for OAuth Token Introspection](https://www.rfc-editor.org/rfc/rfc9701.html#section-5)
 */
export function introspection(settings: IntrospectionSettings): VerifyAccessToken {
  const { issuer, introspection_endpoint, client_id, jwks_uri, fetch = globalThis.fetch } = settings;
  const keys = jwks_uri && createRemoteJWKSet(new URL(jwks_uri), { [customFetch]: fetch });

  async function answerOf(response: Response): Promise<Record<string, unknown>> {
    if (!keys) return (await response.json()) as Record<string, unknown>;
    const { payload } = await jwtVerify(await response.text(), keys, {
      typ: 'token-introspection+jwt',
      algorithms: [...algorithms],
      issuer,
      audience: client_id,
    });
    return payload.token_introspection as Record<string, unknown>;
  }

  return async function verify(token) {
    const body = new URLSearchParams({
      token,
      token_type_hint: 'access_token',
      client_id,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertion(settings),
    });
    try {
      const headers = { accept: keys ? signed : json };
      const response = await fetch(introspection_endpoint, { method: 'POST', body, headers, redirect: 'error' });
      if (await isOfNoKnownKind(response)) return undefined;
      if (!response.ok) throw new Error(`the introspection endpoint answered ${response.status}`);
      const answer = await answerOf(response);
      if (answer.active !== true || !(Number(answer.exp) > seconds())) return undefined;
      // Its members are those of RFC 7662, which the server answers for.
      return answer as unknown as AccessToken;
    } catch (cause) {
      throw new VerificationFailed('the access token could not be introspected', { cause });
    }
  };
}
