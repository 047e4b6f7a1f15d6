import type { X509Certificate } from 'node:crypto';

import { AsnConvert } from '@peculiar/asn1-schema';
import {
  BasicConstraints,
  Certificate,
  CertificatePolicies,
  CRLDistributionPoints,
  ExtendedKeyUsage,
  InhibitAnyPolicy,
  id_ce_basicConstraints,
  id_ce_certificatePolicies,
  id_ce_cRLDistributionPoints,
  id_ce_extKeyUsage,
  id_ce_inhibitAnyPolicy,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_policyConstraints,
  id_ce_policyMappings,
  id_ce_subjectAltName,
  KeyUsage,
  type Name,
  NameConstraints,
  PolicyConstraints,
  PolicyMappings,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509';
import { rdnsOf } from './distinguished_name.ts';
import { type SignatureAlgorithm, signatureAlgorithm } from './signature_algorithm.ts';

// RFC 5280 section 4.2: a critical extension that is not processed refuses the certificate.
const processed = [
  id_ce_basicConstraints,
  id_ce_certificatePolicies,
  id_ce_cRLDistributionPoints,
  id_ce_extKeyUsage,
  id_ce_inhibitAnyPolicy,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_policyConstraints,
  id_ce_policyMappings,
  id_ce_subjectAltName,
];

/** Numbers of certificates from here on, after which a rule of a policy holds; `Infinity` where it never does. */
export interface PolicyLimits {
  readonly explicit: number;
  readonly mapping: number;
  readonly any: number;
}

/** Fields that Node's own `X509Certificate` does not tell, or tells as text that can be read in two ways. */
export interface CertificateFields {
  readonly subject: Name;
  /** RDNs in one spelling, in the certificate's order. */
  readonly issuerRdns: readonly string[];
  readonly subjectRdns: readonly string[];
  readonly isSelfIssued: boolean;
  /** Hexadecimal, in lower case. */
  readonly serial: string;
  readonly alternatives: readonly SubjectAlternativeName[number][];
  readonly pathLength: number;
  /** Absent: for any purpose. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** Bits of RFC 5280 section 4.2.1.3, the first one lowest; absent: for any. */
  readonly keyUsage: number | undefined;
  /** `undefined` where it is not one of those in use today. */
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  readonly hasUnknownCriticalExtension: boolean;
  readonly nameConstraints: { readonly value: NameConstraints; readonly der: Buffer } | undefined;
  readonly policies: readonly string[] | undefined;
  readonly policyMappings: readonly { readonly from: string; readonly to: string }[];
  readonly policyLimits: PolicyLimits;
  readonly distributionPoints: CRLDistributionPoints | undefined;
}

const number = (bytes: ArrayBuffer | undefined): number =>
  bytes === undefined ? Number.POSITIVE_INFINITY : Number(`0x${Buffer.from(bytes).toString('hex') || '0'}`);

/** One spelling for a serial number, however many needless zeros stand before it; a negative one is another number. */
export const serialOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/^(?:00(?=[0-7].))+/, '');

type Reader = <T>(id: string, type: new () => T) => T | undefined;

function policyFields(extension: Reader) {
  const constraints = extension(id_ce_policyConstraints, PolicyConstraints);
  const any = extension(id_ce_inhibitAnyPolicy, InhibitAnyPolicy);
  const policies = extension(id_ce_certificatePolicies, CertificatePolicies);
  return {
    policies: policies && [...policies].map(({ policyIdentifier }) => policyIdentifier),
    policyMappings: [...(extension(id_ce_policyMappings, PolicyMappings) ?? [])].map((mapping) => ({
      from: mapping.issuerDomainPolicy,
      to: mapping.subjectDomainPolicy,
    })),
    policyLimits: {
      explicit: number(constraints?.requireExplicitPolicy),
      mapping: number(constraints?.inhibitPolicyMapping),
      any: number(any?.value),
    },
  };
}

function read(raw: Buffer): CertificateFields {
  const { tbsCertificate, signatureAlgorithm: algorithm } = AsnConvert.parse(raw, Certificate);
  const extensions = [...(tbsCertificate.extensions ?? [])];
  // RFC 5280 section 4.2: twice the same extension, and one may be read while the other one holds.
  if (new Set(extensions.map(({ extnID }) => extnID)).size < extensions.length)
    throw new SyntaxError('an extension twice');
  const found = (id: string) => extensions.find(({ extnID }) => extnID === id);
  function extension<T>(id: string, type: new () => T): T | undefined {
    const value = found(id)?.extnValue;
    return value && AsnConvert.parse(value, type);
  }
  const purposes = extension(id_ce_extKeyUsage, ExtendedKeyUsage);
  const constraints = extension(id_ce_nameConstraints, NameConstraints);
  const [issuerRdns, subjectRdns] = [rdnsOf(tbsCertificate.issuer), rdnsOf(tbsCertificate.subject)];
  return {
    ...{
      subject: tbsCertificate.subject,
      issuerRdns,
      subjectRdns,
      serial: serialOf(new Uint8Array(tbsCertificate.serialNumber)),
    },
    isSelfIssued: issuerRdns.join() === subjectRdns.join(),
    alternatives: [...(extension(id_ce_subjectAltName, SubjectAlternativeName) ?? [])],
    pathLength: extension(id_ce_basicConstraints, BasicConstraints)?.pathLenConstraint ?? Number.POSITIVE_INFINITY,
    extendedKeyUsage: purposes && [...purposes],
    keyUsage: extension(id_ce_keyUsage, KeyUsage)?.toNumber(),
    signatureAlgorithm: signatureAlgorithm(algorithm),
    hasUnknownCriticalExtension: extensions.some(({ critical, extnID }) => critical && !processed.includes(extnID)),
    nameConstraints: constraints && {
      value: constraints,
      der: Buffer.from(new Uint8Array(found(id_ce_nameConstraints)?.extnValue.buffer ?? new ArrayBuffer(0))),
    },
    ...policyFields(extension),
    distributionPoints: extension(id_ce_cRLDistributionPoints, CRLDistributionPoints),
  };
}

const fields = new WeakMap<X509Certificate, CertificateFields>();

/**
 * A certificate's fields, read once.
 *
 * @throws {Error} when they cannot be read.
 * @see [RFC 5280 section 4 - Certificate and Certificate Extensions Profile](https://www.rfc-editor.org/rfc/rfc5280.html#section-4)
 */
export function certificateFields(certificate: X509Certificate): CertificateFields {
  const known = fields.get(certificate) ?? read(certificate.raw);
  fields.set(certificate, known);
  return known;
}
