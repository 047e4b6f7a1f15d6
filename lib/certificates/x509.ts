import type { X509Certificate } from 'node:crypto';

import { AsnConvert } from '@peculiar/asn1-schema';
import {
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  id_ce_basicConstraints,
  id_ce_certificatePolicies,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  KeyUsage,
  type Name,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509';

// RFC 5280 section 4.2: a critical extension that is not processed refuses the certificate.
const processed = [
  id_ce_basicConstraints,
  id_ce_certificatePolicies,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
];

/** What Node's own `X509Certificate` does not tell, or tells as text that can be read in two ways. */
export interface CertificateFields {
  readonly subject: Name;
  readonly alternatives: readonly SubjectAlternativeName[number][];
  readonly pathLength: number;
  /** Absent: for any purpose. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** Bits of RFC 5280 section 4.2.1.3, the first one lowest; absent: for any. */
  readonly keyUsage: number | undefined;
  readonly signatureAlgorithm: string;
  readonly hasUnknownCriticalExtension: boolean;
}

/** @see [RFC 5280 section 4 - Certificate and Certificate Extensions Profile](https://www.rfc-editor.org/rfc/rfc5280.html#section-4) */
export function certificateFields({ raw }: X509Certificate): CertificateFields {
  const { tbsCertificate, signatureAlgorithm } = AsnConvert.parse(raw, Certificate);
  const extensions = [...(tbsCertificate.extensions ?? [])];
  function extension<T>(id: string, type: new () => T): T | undefined {
    const found = extensions.find(({ extnID }) => extnID === id);
    return found && AsnConvert.parse(found.extnValue, type);
  }
  const purposes = extension(id_ce_extKeyUsage, ExtendedKeyUsage);
  return {
    subject: tbsCertificate.subject,
    alternatives: [...(extension(id_ce_subjectAltName, SubjectAlternativeName) ?? [])],
    pathLength: extension(id_ce_basicConstraints, BasicConstraints)?.pathLenConstraint ?? Number.POSITIVE_INFINITY,
    extendedKeyUsage: purposes && [...purposes],
    keyUsage: extension(id_ce_keyUsage, KeyUsage)?.toNumber(),
    signatureAlgorithm: signatureAlgorithm.algorithm,
    hasUnknownCriticalExtension: extensions.some(({ critical, extnID }) => critical && !processed.includes(extnID)),
  };
}
