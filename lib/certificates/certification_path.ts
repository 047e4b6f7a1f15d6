import { X509Certificate } from 'node:crypto';

import { KeyUsageFlags } from '@peculiar/asn1-x509';

import { certificateFields } from './x509.ts';

/** A certificate that says what it is for has to be for clients, or for anything. */
const clientAuth = ['1.3.6.1.5.5.7.3.2', '2.5.29.37.0'];
/** MD5 and SHA-1, with RSA and with ECDSA. */
const weakSignatures = ['1.2.840.113549.1.1.4', '1.2.840.113549.1.1.5', '1.2.840.10045.4.1'];
// The search is over every order of them, at the presenter's will.
const maxIntermediates = 4;

/** Why a certificate is not to be used at all; `undefined` when nothing is wrong with it by itself. */
export function defect(certificate: X509Certificate, now: Date = new Date()): string | undefined {
  if (Date.parse(certificate.validFrom) > now.getTime()) return 'not yet valid';
  if (Date.parse(certificate.validTo) < now.getTime()) return 'expired';
  try {
    return weakKey(certificate);
  } catch {
    return 'key of an unknown type';
  }
}

/** @see [FAPI2-SP-FINAL-5.4.1-2, -3](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.4.1) */
function weakKey({ publicKey }: X509Certificate): string | undefined {
  const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {};
  switch (publicKey.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
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

const curveBits = (name = '') => (name === 'prime256v1' ? 256 : Number(/(\d{3})/.exec(name)?.[1] ?? 0));

function isFor(certificate: X509Certificate, flag: KeyUsageFlags): boolean {
  const { hasUnknownCriticalExtension, extendedKeyUsage, keyUsage } = certificateFields(certificate);
  if (hasUnknownCriticalExtension) return false;
  if (extendedKeyUsage && !extendedKeyUsage.some((purpose) => clientAuth.includes(purpose))) return false;
  return keyUsage === undefined || (keyUsage & flag) !== 0;
}

/** An anchor's own signature is not looked at: it is trusted for being configured. */
function isWeaklySigned(certificate: X509Certificate): boolean {
  return weakSignatures.includes(certificateFields(certificate).signatureAlgorithm);
}

/**
 * Whether a certificate was issued, through any of the intermediates presented with it, by one of the authorities.
 * Synchronous, since oidc-provider asks so.
 *
 * @see [RFC 8705 section 2.1 - PKI Mutual-TLS Method](https://www.rfc-editor.org/rfc/rfc8705.html#section-2.1)
 * @see [RFC 5280 section 6 - Certification Path Validation](https://www.rfc-editor.org/rfc/rfc5280.html#section-6)
 */
export function certificateAuthorized(
  certificate: X509Certificate,
  intermediates: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  now: Date = new Date(),
): boolean {
  if (defect(certificate, now) || isWeaklySigned(certificate)) return false;
  if (!isFor(certificate, KeyUsageFlags.digitalSignature)) return false;
  const climb = (subject: X509Certificate, rest: readonly X509Certificate[], below: number): boolean => {
    const mayIssue = (issuer: X509Certificate) =>
      subject.checkIssued(issuer) &&
      !defect(issuer, now) &&
      issuer.ca &&
      below <= certificateFields(issuer).pathLength &&
      isFor(issuer, KeyUsageFlags.keyCertSign) &&
      subject.verify(issuer.publicKey);
    if (authorities.some(mayIssue)) return true;
    return rest.some(
      (issuer) =>
        mayIssue(issuer) &&
        !isWeaklySigned(issuer) &&
        climb(
          issuer,
          rest.filter((other) => other !== issuer),
          below + 1,
        ),
    );
  };
  return climb(certificate, intermediates.slice(0, maxIntermediates), 0);
}

/** Every certificate of a PEM file. */
export function parseCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}
