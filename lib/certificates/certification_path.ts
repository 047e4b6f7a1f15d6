import type { X509Certificate } from 'node:crypto';

import { KeyUsageFlags } from '@peculiar/asn1-x509';

import { brokenPolicy } from './certificate_policies.ts';
import { defect } from './defect.ts';
import { brokenNameConstraint } from './name_constraints.ts';
import { certificateFields } from './x509.ts';

/** Purposes of which a certificate that names any has to name one: authentication of clients, or any. */
const clientAuth = ['1.3.6.1.5.5.7.3.2', '2.5.29.37.0'];
// The search is over every order of them, at the presenter's will.
const maxIntermediates = 4;

function purposeDefect(certificate: X509Certificate, flag: KeyUsageFlags): string | undefined {
  const { hasUnknownCriticalExtension, extendedKeyUsage, keyUsage } = certificateFields(certificate);
  if (hasUnknownCriticalExtension) return 'has a critical extension that is not known here';
  if (extendedKeyUsage && !extendedKeyUsage.some((purpose) => clientAuth.includes(purpose)))
    return 'is not for clients';
  return keyUsage === undefined || (keyUsage & flag) !== 0 ? undefined : 'has a key that is for something else';
}

/**
 * True for a certificate that is signed by an algorithm that is not in use today. It is not asked of an anchor, which
 * is trusted because it is configured.
 */
const isWeaklySigned = (certificate: X509Certificate): boolean =>
  certificateFields(certificate).signatureAlgorithm === undefined;

interface Search {
  readonly authorities: readonly X509Certificate[];
  readonly issued: (subject: X509Certificate, issuer: X509Certificate) => boolean;
}

/**
 * Makes a check that one certificate has issued another. The result is remembered for each pair, which may stand in
 * many paths.
 */
function issuance() {
  const known = new Map<X509Certificate, Map<X509Certificate, boolean>>();
  return (subject: X509Certificate, issuer: X509Certificate): boolean => {
    const of = known.get(subject) ?? new Map<X509Certificate, boolean>();
    const answer = of.get(issuer) ?? (subject.checkIssued(issuer) && signedBy(subject, issuer));
    known.set(subject, of.set(issuer, answer));
    return answer;
  };
}

function signedBy(subject: X509Certificate, { publicKey }: X509Certificate): boolean {
  try {
    return subject.verify(publicKey);
  } catch {
    return false;
  }
}

/** Every path up to an authority; an authority comes first. */
function* paths(
  path: readonly [X509Certificate, ...X509Certificate[]],
  rest: readonly X509Certificate[],
  search: Search,
): Generator<readonly X509Certificate[]> {
  const [subject] = path;
  for (const anchor of search.authorities) if (search.issued(subject, anchor)) yield [anchor, ...path];
  for (const issuer of rest) {
    if (!search.issued(subject, issuer)) continue;
    yield* paths(
      [issuer, ...path],
      rest.filter((other) => other !== issuer),
      search,
    );
  }
}

const named = ({ subject }: X509Certificate) => subject.replace(/\s+/g, ' ').slice(0, 200);

/** RFC 5280 section 6.1.4 (k) to (n), for one authority of a path and the number of certificates it has issued below it. */
function authorityDefect(issuer: X509Certificate, below: number, isAnchor: boolean, now: Date): string | undefined {
  const own = defect(issuer, now);
  if (own) return `is ${own}`;
  if (!issuer.ca) return 'is no certificate authority';
  if (!isAnchor && isWeaklySigned(issuer)) return 'is signed by an algorithm that is not in use any more';
  if (below > certificateFields(issuer).pathLength) return 'may not have so many authorities below it';
  return purposeDefect(issuer, KeyUsageFlags.keyCertSign);
}

function pathDefect(path: readonly X509Certificate[], now: Date): string | undefined {
  const issuers = path.slice(0, -1);
  for (const [index, issuer] of issuers.entries()) {
    const below = issuers.slice(index + 1).filter((other) => !certificateFields(other).isSelfIssued).length;
    const fault = authorityDefect(issuer, below, index === 0, now);
    if (fault) return `its authority ${named(issuer)} ${fault}`;
  }
  return brokenNameConstraint(path) ?? brokenPolicy(path);
}

/** A further check of a path, asked for each that is right otherwise; the anchor comes first. */
export type PathCheck = (path: readonly X509Certificate[], now: Date) => string | undefined;

/**
 * The reason why no path leads from a certificate, through any of the intermediates presented with it, to one of the
 * authorities; `undefined` when one does. Synchronous, since core asks so.
 *
 * @see [RFC8705-2.1 - PKI Mutual-TLS Method](https://www.rfc-editor.org/rfc/rfc8705.html#section-2.1)
 * @see [RFC 5280 section 6 - Certification Path Validation](https://www.rfc-editor.org/rfc/rfc5280.html#section-6)
 */
export function unauthorized(
  certificate: X509Certificate,
  intermediates: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  { now = new Date(), check }: { now?: Date; check?: PathCheck | undefined } = {},
): string | undefined {
  const own = defect(certificate, now);
  if (own) return `it is ${own}`;
  if (isWeaklySigned(certificate)) return 'it is signed by an algorithm that is not in use any more';
  const purpose = purposeDefect(certificate, KeyUsageFlags.digitalSignature);
  if (purpose) return `it ${purpose}`;
  const search = { authorities, issued: issuance() };
  let reason: string | undefined;
  for (const path of paths([certificate], intermediates.slice(0, maxIntermediates), search)) {
    const fault = pathDefect(path, now) ?? check?.(path, now);
    if (!fault) return undefined;
    reason ??= fault;
  }
  return reason ?? 'no configured authority has issued it, directly or through the certificates sent with it';
}
