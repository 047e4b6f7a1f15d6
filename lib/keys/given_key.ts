import { createPrivateKey } from 'node:crypto';

import { calculateJwkThumbprint, type JWK } from 'jose';

import { UsageError } from '../errors.ts';
import { completed, weak } from '../fapi/key_set.ts';
import { type SigningKey, signingAlgorithms } from './ring.ts';

/**
 * Reads a private key that an operator gives, in PEM or as a JWK, as a next key.
 *
 * @param alg what it signs by; left out, what its kind of key signs by here
 * @throws {UsageError} why it cannot be used, without a word of the key.
 */
export async function readKey(text: string, alg: string | undefined, now: number): Promise<SigningKey> {
  const jwk = privateJwk(text);
  const [finding] = [...weak([jwk], [], { RSA: 2048, EC: 224 })];
  if (finding) throw new UsageError(`the key ${finding.text}`);
  const { kid, ...complete } = completed({ ...jwk, use: 'sig', ...(alg !== undefined && { alg }) });
  const permitted: readonly unknown[] = signingAlgorithms;
  const fits = { RSA: 'PS256', EC: jwk.crv === 'P-256' ? 'ES256' : '', OKP: jwk.crv === 'Ed25519' ? 'EdDSA' : '' };
  const own = fits[`${jwk.kty}` as keyof typeof fits];
  if (!own || complete.alg !== own || !permitted.includes(own)) {
    throw new UsageError(
      `the key is for none of ${signingAlgorithms.join(', ')}: an RSA key of 2048 bits or more, or one of P-256 or Ed25519 is`,
    );
  }
  return { ...complete, kid: kid ?? (await calculateJwkThumbprint(jwk)), status: 'next', made_at: now } as SigningKey;
}

function privateJwk(text: string): JWK {
  try {
    const given = text.trim();
    const { kid, alg, ...jwk } = given.startsWith('{') ? JSON.parse(given) : {};
    const key = given.startsWith('{') ? createPrivateKey({ key: jwk, format: 'jwk' }) : createPrivateKey(given);
    return {
      ...key.export({ format: 'jwk' }),
      ...(typeof kid === 'string' && kid && { kid }),
      ...(alg && { alg }),
    } as JWK;
  } catch {
    throw new UsageError('that is no private key: give one in PEM (PKCS #8), or as a JWK');
  }
}
