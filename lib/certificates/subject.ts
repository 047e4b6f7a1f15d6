import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

import { distinguishedNameMatches } from './distinguished_name.ts';
import { certificateFields } from './x509.ts';

const ipBytes = (address: string) => {
  if (isIP(address) === 0) return undefined;
  return new URL(isIP(address) === 6 ? `http://[${address}]` : `http://${address}`).hostname;
};

const sameHost = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** Compares two mailboxes (RFC 5321): domains in any case, local parts as they stand. */
function sameMailbox(a: string, b: string): boolean {
  const [at, bt] = [a.lastIndexOf('@'), b.lastIndexOf('@')];
  return a.slice(0, at) === b.slice(0, bt) && sameHost(a.slice(at), b.slice(bt));
}

const kinds = {
  tls_client_auth_san_dns: ['dNSName', sameHost],
  tls_client_auth_san_uri: ['uniformResourceIdentifier', (a: string, b: string) => a === b],
  tls_client_auth_san_ip: [
    'iPAddress',
    (a: string, b: string) => ipBytes(a) !== undefined && ipBytes(a) === ipBytes(b),
  ],
  tls_client_auth_san_email: ['rfc822Name', sameMailbox],
} as const;

/**
 * Compares a certificate with the subject a client registered.
 *
 * @see [RFC8705-2.1](https://www.rfc-editor.org/rfc/rfc8705.html#section-2.1)
 * @see [RFC 8705 section 2.1.2 - Client Registration Metadata](https://www.rfc-editor.org/rfc/rfc8705.html#section-2.1.2)
 */
export function certificateSubjectMatches(certificate: X509Certificate, property: string, expected: string): boolean {
  const { subject, alternatives } = certificateFields(certificate);
  if (property === 'tls_client_auth_subject_dn') return distinguishedNameMatches(subject, expected);
  const [kind, same] = kinds[property as keyof typeof kinds] ?? [];
  const values = kind ? alternatives.flatMap((name) => name[kind] ?? []) : [];
  return values.some((value) => same?.(value, expected));
}
