import { isIP } from 'node:net';
import type { ClientMetadata } from 'oidc-provider';

import { isDistinguishedName, parseDistinguishedName } from '../certificates/distinguished_name.ts';
import { log } from '../log.ts';
import type { Finding } from './mechanism.ts';

const [country, commonName] = ['2.5.4.6', '2.5.4.3'];
const hostName =
  /^(?=.{1,253}$)(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?$/i;

/**
 * The forms of registered values. A value of another form is in no certificate, so that each request would be refused.
 */
const forms: readonly (readonly [property: string, is: (value: string) => boolean, write: string])[] = [
  [
    'tls_client_auth_subject_dn',
    isDistinguishedName,
    'is no distinguished name of RFC 4514, write for example CN=client,O=Bank,C=SE',
  ],
  [
    'tls_client_auth_san_dns',
    (value) => hostName.test(value) && isIP(value) === 0,
    'is no DNS name, write for example client.example.com, or another tls_client_auth_san_ value',
  ],
  [
    'tls_client_auth_san_uri',
    (value) => /^[a-z][a-z0-9+.-]*:[^\s]+$/i.test(value),
    'is no URI, write for example https://client.example.com or urn:example:client',
  ],
  [
    'tls_client_auth_san_ip',
    (value) => isIP(value) > 0,
    'is no IP address, write for example 192.0.2.7 or 2001:db8::7',
  ],
  [
    'tls_client_auth_san_email',
    (value) => /^[^\s@]+@[^\s@]+$/.test(value) || /^"[^"]+"@[^\s@]+$/.test(value),
    'is no e-mail address, write for example client@example.com',
  ],
];

/** A name in the certificate's order, as `openssl x509 -subject` prints it: what RFC 4514 says is the reverse. */
function reversed(subject: string): string | undefined {
  const rdns = parseDistinguishedName(subject);
  const types = [rdns[0], rdns.at(-1)].map((rdn) => rdn?.map(([type]) => type).join());
  if (rdns.length < 2 || types[0] !== country || types[1] !== commonName) return undefined;
  return subject
    .split(/(?<!\\),/)
    .map((rdn) => rdn.trim().replace(/\s*=\s*/, '='))
    .reverse()
    .join(',');
}

/**
 * Warns, once for each client, that its name is very likely the wrong way round. It is no error, since a certificate
 * may have that name.
 */
export function subjectWarnings(
  tell: (text: string, about: object) => void = (text, about) => log.warn(about, text),
): (metadata: ClientMetadata) => void {
  const told = new Set<string>();
  return ({ client_id, tls_client_auth_subject_dn: subject }) => {
    if (typeof subject !== 'string' || !isDistinguishedName(subject) || told.size > 10_000 || told.has(client_id))
      return;
    const write = reversed(subject);
    if (!write) return;
    told.add(client_id);
    const text = 'tls_client_auth_subject_dn begins with C and ends with CN, the reverse of RFC 4514';
    tell(`${text}: write ${write}`, { client: client_id, tls_client_auth_subject_dn: subject });
  };
}

/** The registered values that no certificate can match. */
export function* subjectFindings(metadata: ClientMetadata): Iterable<Finding> {
  for (const [property, is, text] of forms) {
    const value = metadata[property];
    if (typeof value === 'string' && !is(value)) yield { path: [property], text };
  }
}
