import type { X509Certificate } from 'node:crypto';

const weakHashes = ['md5', 'sha1'];

/** The reason why a certificate is not to be used at all; `undefined` when nothing is wrong with it by itself. */
export function defect(certificate: X509Certificate, now: Date = new Date()): string | undefined {
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  // A date that cannot be read is NaN, and every comparison with it false.
  if (Number.isNaN(from) || Number.isNaN(to)) return 'of a period that cannot be read';
  if (from > now.getTime()) return 'not yet valid';
  if (to < now.getTime()) return 'expired';
  try {
    return weakKey(certificate);
  } catch {
    return 'key of an unknown type';
  }
}

/**
 * The fault of a key that is too short.
 *
 * @see [FAPI2-SP-FINAL-5.4.1-2, -3](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.4.1)
 */
function weakKey({ publicKey }: X509Certificate): string | undefined {
  const { modulusLength, namedCurve, hashAlgorithm } = publicKey.asymmetricKeyDetails ?? {};
  switch (publicKey.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      if (weakHashes.includes(hashAlgorithm ?? '')) return `RSA-PSS key for ${hashAlgorithm}`;
      return (modulusLength ?? 0) < 2048 ? 'RSA key of less than 2048 bits' : undefined;
    case 'ec':
      return curveBits(namedCurve) < 224 ? 'elliptic curve key of less than 224 bits' : undefined;
    case 'ed25519':
    case 'ed448':
      return undefined;
    default:
      return `key of type ${publicKey.asymmetricKeyType}`;
  }
}

/** The number in the name of a curve; one without, such as SM2, is none of those in use. */
const curveBits = (name = '') => Number(/\d{3}/.exec(name)?.[0] ?? 0);
