import { hash } from 'node:crypto';

import type { JWK } from 'jose';
import { ExternalSigningKey } from 'oidc-provider';

import type { Finding } from './mechanism.ts';

/**
 * The size of a key in bits, as RFC 7518 counts it; `undefined` for one of another type. It is read off the members,
 * since making a key object costs time for each client.
 */
function bits({ kty, crv, n }: JWK): number | undefined {
  if (kty === 'EC') return Number(/^P-(\d+)$/.exec(`${crv}`)?.[1]) || undefined;
  if (kty !== 'RSA' || typeof n !== 'string') return undefined;
  const modulus = Buffer.from(n, 'base64url');
  const first = modulus.findIndex((byte) => byte !== 0);
  return first < 0 ? undefined : 8 * (modulus.length - first) - Math.clz32(modulus[first] as number) + 24;
}

/** Finds keys of one type that are smaller than they have to be. */
export function* weak(
  keys: unknown,
  path: readonly (string | number)[],
  least: Partial<Record<string, number>>,
): Iterable<Finding> {
  if (!Array.isArray(keys)) return;
  for (const [index, key] of keys.entries()) {
    const minimum = least[(key as JWK | null)?.kty ?? ''];
    const size = minimum && bits(key as JWK);
    if (minimum && size && size < minimum) {
      yield { path: [...path, index], text: `is a key of ${size} bits; use at least ${minimum}` };
    }
  }
}

/** The permitted algorithm of a key by its type and curve. An RSA key signs with PS256, the only one there is for it. */
const algorithmOf = ({ kty, crv }: JWK): string | undefined =>
  kty === 'RSA' ? 'PS256' : { 'P-256': 'ES256', Ed25519: 'EdDSA' }[crv ?? ''];

/**
 * The thumbprint of a key.
 *
 * @see [RFC 7638 - JSON Web Key (JWK) Thumbprint](https://www.rfc-editor.org/rfc/rfc7638.html#section-3)
 */
function thumbprint({ kty, crv, e, n, x, y }: JWK): string {
  const required = kty === 'RSA' ? { e, kty, n } : kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x };
  return hash('sha256', JSON.stringify(required), 'base64url');
}

/** A signing key with the `alg` and `kid` it may leave out. Keys for decryption stay as they are: several algorithms fit. */
export function completed(key: JWK): JWK {
  // It signs elsewhere, and is a class of the deployment's own.
  if (key instanceof ExternalSigningKey) return key;
  if (key.use === 'enc') return { ...key, kid: key.kid ?? thumbprint(key) };
  const alg = key.alg ?? algorithmOf(key);
  return { ...key, kid: key.kid ?? thumbprint(key), ...(alg && { alg }) };
}
