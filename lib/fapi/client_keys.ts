import { createPublicKey } from 'node:crypto';

import type { JWK } from 'jose';
import type { ClientMetadata } from 'oidc-provider';

import type { Finding } from './mechanism.ts';

/** The algorithms a key of a type and curve can verify, of those a profile permits. */
const fitting: Readonly<Record<string, readonly string[]>> = {
  RSA: ['PS256'],
  'P-256': ['ES256'],
  Ed25519: ['EdDSA', 'Ed25519'],
};

/** The reason why a key verifies no signature by one of the algorithms; `undefined` where it does. */
function unfit(jwk: JWK | null, algorithms: readonly string[]): string | undefined {
  if (typeof jwk !== 'object' || jwk === null) return 'is no key';
  const { kty, crv, use, key_ops, alg } = jwk;
  if (use !== undefined && use !== 'sig') return `is for use: ${use}, and signatures need use: sig`;
  if (Array.isArray(key_ops) && !key_ops.includes('verify')) return 'has key_ops without verify';
  const kind = kty === 'RSA' ? kty : `${crv}`;
  const kinds = Object.hasOwn(fitting, kind) ? fitting[kind] : undefined;
  if (!kinds) return `is of kty: ${kty}${crv ? `, crv: ${crv}` : ''}, which no permitted algorithm uses`;
  if (alg !== undefined && !kinds.includes(alg)) return `is for alg: ${alg}, write alg: ${kinds.join(' or ')}`;
  if (!kinds.some((kind) => algorithms.includes(kind) && same(alg, kind))) {
    return `verifies ${alg ?? kinds.join(', ')}, and asked for is ${algorithms.join(', ')}`;
  }
  return faultOf(jwk);
}

/**
 * Keys that were found right. A client's keys are looked at when it is judged, and again when core makes the client.
 */
const right = new Set<string>();
const mostRight = 20_000;

/** The reason why the members of a JWK are no key; `undefined` where they are one. */
function faultOf(jwk: JWK): string | undefined {
  const { kty, crv, x, y, n, e } = jwk;
  const members = JSON.stringify([kty, crv, x, y, n, e]);
  if (right.has(members)) return undefined;
  try {
    if (crv !== 'P-256' || kty !== 'EC' || !isOnP256(x, y)) createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    return 'is no key of its type: a member is missing, or the point is not on its curve';
  }
  if (crv === 'Ed25519' && !isOnEd25519(`${x}`)) return 'is no point of its curve';
  if (right.size >= mostRight) right.clear();
  right.add(members);
  return undefined;
}

const same = (alg: string | undefined, kind: string) => alg === undefined || alg === kind || isEd25519(alg, kind);
/** True for the two names of one algorithm, `EdDSA` and `Ed25519`. */
const isEd25519 = (one: string, other: string) => fitting.Ed25519?.includes(one) && fitting.Ed25519.includes(other);

const coordinate = /^[\w-]{43}$/;
const p256 = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const b256 = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

const numberOf = (base64url: string) => BigInt(`0x${Buffer.from(base64url, 'base64url').toString('hex')}`);

/**
 * True for a point of P-256. OpenSSL says the same, in twenty times the time: a start with ten thousand clients would
 * take a second longer.
 *
 * @see [FIPS 186-4 appendix D.1.2.3 - Curve P-256](https://nvlpubs.nist.gov/nistpubs/FIPS/NIST.FIPS.186-4.pdf)
 */
function isOnP256(x: unknown, y: unknown): boolean {
  if (typeof x !== 'string' || typeof y !== 'string' || !coordinate.test(x) || !coordinate.test(y)) return false;
  const [a, b] = [numberOf(x), numberOf(y)];
  return a < p256 && b < p256 && (b * b - (a * a * a - 3n * a + b256)) % p256 === 0n;
}

const p = 2n ** 255n - 19n;
const d = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let [b, e] = [base % p, exponent]; e > 0n; e >>= 1n, b = (b * b) % p) if (e & 1n) result = (result * b) % p;
  return result;
}

/**
 * True for bytes that are a point of Ed25519, which OpenSSL does not check. A y has a point when (y^2 - 1) / (d y^2 +
 * 1) is a square.
 *
 * @see [RFC 8032 section 5.1.3 - Decoding](https://www.rfc-editor.org/rfc/rfc8032.html#section-5.1.3)
 */
function isOnEd25519(x: string): boolean {
  const bytes = Buffer.from(x, 'base64url').reverse();
  if (bytes.length !== 32) return false;
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  const y = BigInt(`0x${bytes.toString('hex')}`);
  const square = ((y * y - 1n) * power(d * y * y + 1n, p - 2n)) % p;
  const root = power((square + p) % p, (p - 1n) / 2n);
  return y < p && (root === 1n || root === 0n);
}

/**
 * Finds what is wrong with a client of whose registered keys none verifies what it has to sign. Keys at a jwks_uri are not
 * known yet.
 *
 * @param algorithms the algorithms the client may sign with.
 */
export function* noUsableKey(
  { jwks, jwks_uri }: ClientMetadata,
  algorithms: readonly string[],
  purpose: string,
): Iterable<Finding> {
  if (jwks_uri !== undefined || jwks === undefined) return;
  const keys: unknown = jwks?.keys;
  if (!Array.isArray(keys)) return;
  if (keys.length === 0) {
    yield {
      path: ['jwks', 'keys'],
      text: `is empty: no way to ${purpose} is left, write a public key for ${algorithms.join(', ')}`,
    };
    return;
  }
  const reasons = keys.map((key) => unfit(key as JWK, algorithms));
  if (reasons.some((reason) => reason === undefined)) return;
  for (const [index, reason] of reasons.entries()) {
    yield { path: ['jwks', 'keys', index], text: `${reason}: no way to ${purpose} is left` };
  }
}

/** Finds keys that are wrong whatever they are used for. */
export function* wrongKeys({ jwks }: ClientMetadata): Iterable<Finding> {
  const keys: unknown = jwks?.keys;
  if (!Array.isArray(keys)) return;
  for (const [index, key] of keys.entries()) {
    if (typeof key === 'object' && key !== null && 'd' in key) {
      yield {
        path: ['jwks', 'keys', index],
        text: 'is a private key, write its public members only and make a new one',
      };
    }
  }
}
