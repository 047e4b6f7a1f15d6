import { createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';

import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { z } from 'zod';

import { concerning } from '../settings.ts';
import { text } from '../values.ts';

/** Settings of the signing keys. */
export const keySettings = z.strictObject({
  jwks: concerning(
    z
      .strictObject({
        keys: z
          .array(z.looseObject({ kty: text.describe('key type (RFC 7517 section 4.1)') }))
          .min(1, 'lists no key, leave keys out to have them made')
          .describe('private keys'),
      })
      .describe('JWK Set of private signing keys, or a file that holds it'),
    'jwks',
  ),
});

/** The secrets every process of one database shares. */
export interface Keys {
  /** Private signing keys. */
  readonly jwks: { readonly keys: JWK[] };
  /** Keys of cookies: the first signs, all verify. */
  readonly cookies: CookieKeys;
  /** Secret of server-provided DPoP nonces, 32 bytes. */
  readonly dpopNonce: Buffer;
}

/**
 * Signs cookies as Koa asks for it. Koa's own way is HMAC-SHA-1, and compares by two more of them with a random key,
 * which took a tenth of the processor time of a whole flow.
 */
export class CookieKeys {
  readonly #keys: readonly KeyObject[];

  constructor(secrets: readonly string[]) {
    this.#keys = secrets.map((secret) => createSecretKey(secret, 'base64url'));
  }

  sign(data: string): string {
    return this.#digest(data, this.#keys[0] as KeyObject).toString('base64url');
  }

  /** Index of the key that made the digest, or -1. */
  index(data: string, digest: string): number {
    const given = Buffer.from(digest, 'base64url');
    return this.#keys.findIndex((key) => {
      const expected = this.#digest(data, key);
      return expected.length === given.length && timingSafeEqual(expected, given);
    });
  }

  verify(data: string, digest: string): boolean {
    return this.index(data, digest) >= 0;
  }

  #digest(data: string, key: KeyObject): Buffer {
    return createHmac('sha256', key).update(data).digest();
  }
}

/** Answers the value kept under a name; `make` is asked when there is none yet, and one process's answer becomes everyone's. */
export type Kept = <T>(name: string, make: () => T | Promise<T>) => Promise<T>;

/** A private signing key, its `kid` the thumbprint. */
export async function makeSigningKey(alg: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg, use: 'sig' };
}

const makeSecret = () => randomBytes(32).toString('base64url');

/** Reads the secrets, or makes them at the first start; `jwks` of the deployment's own wins. */
export async function loadKeys(kept: Kept, jwks?: { keys: JWK[] }): Promise<Keys> {
  const [signing, cookies, dpopNonce] = await Promise.all([
    jwks ??
      kept('signing_keys', async () => ({ keys: await Promise.all(['ES256', 'PS256', 'EdDSA'].map(makeSigningKey)) })),
    kept('cookie_keys', () => [makeSecret()]),
    kept('dpop_nonce_secret', makeSecret),
  ]);
  return { jwks: signing, cookies: new CookieKeys(cookies), dpopNonce: Buffer.from(dpopNonce, 'base64url') };
}
