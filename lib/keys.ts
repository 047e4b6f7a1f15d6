import { randomBytes } from 'node:crypto';

import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

/** The secrets every process of one database shares. */
export interface Keys {
  /** Private signing keys. */
  readonly jwks: { readonly keys: JWK[] };
  /** What cookies are signed with: the first signs, all verify. */
  readonly cookies: string[];
  /** What server-provided DPoP nonces are made from, 32 bytes. */
  readonly dpopNonce: Buffer;
}

/** Answers the value kept under a name; `make` is asked when there is none yet, and one process's answer becomes everyone's. */
export type Kept = <T>(name: string, make: () => T | Promise<T>) => Promise<T>;

async function makeSigningKey(alg: string): Promise<JWK> {
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
  return { jwks: signing, cookies, dpopNonce: Buffer.from(dpopNonce, 'base64url') };
}
