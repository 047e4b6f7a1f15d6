import { type KeyObject, X509Certificate } from 'node:crypto';

/** First coordinates of the public keys of `config/sample`, the clients' and the authority's: a key is known by that. */
const samples = ['11_ad98I1P4hzxI_6iJODrW-O5N2VFvA8dTUVVpxapA', 'HvXHoPacxqelTnVh_8mSjE9mdVVKOPV5CkbYPv4N1W4'];

/**
 * True for the first coordinate of a sample key. It is compared as a number, which base64 can write in several ways. No
 * key object is made, as there may be ten thousand.
 */
function isSample(x: unknown): boolean {
  const digits = typeof x === 'string' ? Buffer.from(x, 'base64url') : Buffer.of();
  return samples.includes(digits.subarray(digits.findIndex((byte) => byte !== 0)).toString('base64url'));
}

/** True for a key whose private half is in `config/sample`, where anybody can read it. */
export function isSampleKey(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' && isSample(key.export({ format: 'jwk' }).x);
}

/**
 * True for a JWK whose private half is in `config/sample`, however its members are spelt, or whose certificate has that
 * key.
 */
export function isSampleJwk(jwk: object): boolean {
  if ('x' in jwk && isSample(jwk.x)) return true;
  const certificates = 'x5c' in jwk && Array.isArray(jwk.x5c) ? jwk.x5c : [];
  return certificates.some((der) => {
    try {
      return isSampleKey(new X509Certificate(Buffer.from(`${der}`, 'base64')).publicKey);
    } catch {
      // A certificate that cannot be read is reported by the mechanism that needs it.
      return false;
    }
  });
}

export const publicKnowledge = 'is the public sample, whose private key everyone has: use one of your own';
