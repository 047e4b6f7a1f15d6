import { hash, randomUUID } from 'node:crypto';

import {
  calculateJwkThumbprint,
  exportJWK,
  type GenerateKeyPairResult,
  generateKeyPair,
  type JWK,
  SignJWT,
  UnsecuredJWT,
} from 'jose';

import { seconds as now } from '../../lib/seconds.ts';

export { now };

export type Claims = Readonly<Record<string, unknown>>;
export type Key = GenerateKeyPairResult['privateKey'];

/** The members that are said: `undefined` takes one away. */
export const stated = (claims: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));

/** Base64url of SHA-256: a token's `ath`, a verifier's challenge. */
export const sha256 = (data: string | Buffer): string => hash('sha256', data, 'base64url');

/** Signs, or does not where the header says `none`. */
export async function jwt(claims: object, header: Claims, key: Key): Promise<string> {
  if (header.alg === 'none') return new UnsecuredJWT(stated(claims)).encode();
  const by = header.alg === 'RS256' && key.algorithm.name === 'RSA-PSS' ? await otherPadding(key) : key;
  return new SignJWT(stated(claims)).setProtectedHeader(stated(header) as { alg: string }).sign(by);
}

/** The same RSA key with the padding of RS256, which one made for PS256 does not do by itself. */
async function otherPadding(key: Key): Promise<Key> {
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', key);
  return crypto.subtle.importKey('pkcs8', pkcs8, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['sign']);
}

/** The content of a JWT, which nobody has verified. */
export const payload = (token: unknown): Record<string, unknown> =>
  JSON.parse(Buffer.from(`${token}`.split('.')[1] ?? '', 'base64url').toString());

/** A key that tokens are bound to. */
export interface ProofKey {
  readonly key: Key;
  readonly jwk: JWK;
  readonly jkt: string;
  readonly alg: string;
}

export async function proofKey(alg = 'ES256'): Promise<ProofKey> {
  const { privateKey: key, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  return { key, jwk, jkt: await calculateJwkThumbprint(jwk), alg };
}

/** A right proof of a key, but for what claims and header say otherwise. */
export function proof(by: ProofKey, htm: string, htu: string, claims: object = {}, header: object = {}) {
  const right = { jti: randomUUID(), htm, htu, iat: now() };
  return jwt({ ...right, ...claims }, { alg: by.alg, typ: 'dpop+jwt', jwk: by.jwk, ...header }, by.key);
}
