import type { Name } from '@peculiar/asn1-x509';

/** One attribute: the type's OID and the value as text. */
type Attribute = readonly [type: string, value: string];
type DistinguishedName = readonly (readonly Attribute[])[];

// RFC 4514 section 3, then the names in use for what certificates of companies and banks carry.
const oids: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  S: '2.5.4.8',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  C: '2.5.4.6',
  STREET: '2.5.4.9',
  DC: '0.9.2342.19200300.100.1.25',
  UID: '0.9.2342.19200300.100.1.1',
  E: '1.2.840.113549.1.9.1',
  EMAIL: '1.2.840.113549.1.9.1',
  EMAILADDRESS: '1.2.840.113549.1.9.1',
  SN: '2.5.4.4',
  SURNAME: '2.5.4.4',
  SERIALNUMBER: '2.5.4.5',
  T: '2.5.4.12',
  TITLE: '2.5.4.12',
  DESCRIPTION: '2.5.4.13',
  BUSINESSCATEGORY: '2.5.4.15',
  POSTALADDRESS: '2.5.4.16',
  POSTALCODE: '2.5.4.17',
  NAME: '2.5.4.41',
  G: '2.5.4.42',
  GN: '2.5.4.42',
  GIVENNAME: '2.5.4.42',
  I: '2.5.4.43',
  INITIALS: '2.5.4.43',
  GENERATIONQUALIFIER: '2.5.4.44',
  DNQUALIFIER: '2.5.4.46',
  DNQ: '2.5.4.46',
  PSEUDONYM: '2.5.4.65',
  ORGANIZATIONIDENTIFIER: '2.5.4.97',
  JURISDICTIONL: '1.3.6.1.4.1.311.60.2.1.1',
  JURISDICTIONLOCALITYNAME: '1.3.6.1.4.1.311.60.2.1.1',
  JURISDICTIONST: '1.3.6.1.4.1.311.60.2.1.2',
  JURISDICTIONSTATEORPROVINCENAME: '1.3.6.1.4.1.311.60.2.1.2',
  JURISDICTIONC: '1.3.6.1.4.1.311.60.2.1.3',
  JURISDICTIONCOUNTRYNAME: '1.3.6.1.4.1.311.60.2.1.3',
  ORGANIZATIONNAME: '2.5.4.10',
  ORGANIZATIONALUNITNAME: '2.5.4.11',
  COMMONNAME: '2.5.4.3',
  COUNTRYNAME: '2.5.4.6',
  LOCALITYNAME: '2.5.4.7',
  STATEORPROVINCENAME: '2.5.4.8',
  STREETADDRESS: '2.5.4.9',
  DOMAINCOMPONENT: '0.9.2342.19200300.100.1.25',
  USERID: '0.9.2342.19200300.100.1.1',
};

function oid(type: string): string {
  const known = /^[012](\.\d+)+$/.test(type) ? type : oids[type.toUpperCase()];
  if (!known) throw new SyntaxError(`${type} is no attribute type of a distinguished name`);
  return known;
}

const decoders: Readonly<Record<number, string>> = {
  12: 'utf-8',
  19: 'latin1',
  20: 'latin1',
  22: 'latin1',
  30: 'utf-16be',
};

/** A DER value as text when it is a string; otherwise as hexadecimal, under a type that no text can have. */
function derAttribute(type: string, hex: string): Attribute {
  const der = Buffer.from(hex, 'hex');
  const encoding = decoders[der[0] ?? 0];
  const short = der[1] === der.length - 2 && der.length < 130;
  return encoding && short
    ? [type, new TextDecoder(encoding).decode(der.subarray(2))]
    : [`${type}#`, hex.toLowerCase()];
}

/** Undoes the escapes of RFC 4514 section 2.4: `\,` and, for bytes of UTF-8, `\C3\A9`. */
function unescaped(value: string): string {
  return value.replace(/(?:\\[0-9a-f]{2})+|\\(.)/gi, (escaped, special?: string) =>
    special === undefined ? Buffer.from(escaped.replaceAll('\\', ''), 'hex').toString() : special,
  );
}

// One alternative for each first character, so that no text takes more than one pass.
const pieces = /\\[0-9a-f]{2}|\\[\s\S]|[,+]|[^\\,+]+|\\/gi;

function parseAttribute(pieces: readonly string[]): Attribute {
  const text = pieces.join('');
  const equals = text.indexOf('=');
  const type = oid(text.slice(0, equals).trim());
  const value = text.slice(equals + 1).trimStart();
  // Spaces around a value are not part of it, unless the last one is escaped.
  const trimmed = value.trimEnd();
  const escapedSpace = /\\\s/.test(`${pieces.findLast((piece) => piece.trim())}`);
  const plain = escapedSpace ? `${trimmed} ` : trimmed;
  if (pieces.some((piece) => /^(?:\\|[^\\]*[";<>].*)$/s.test(piece))) throw new SyntaxError('unescaped character');
  return /^#(?:[0-9a-f]{2})+$/i.test(plain) ? derAttribute(type, plain.slice(1)) : [type, unescaped(plain)];
}

/**
 * Reads a distinguished name from text.
 *
 * @see [RFC 4514 section 3 - Parsing a String Back to a Distinguished Name](https://www.rfc-editor.org/rfc/rfc4514.html#section-3)
 */
export function parseDistinguishedName(text: string): DistinguishedName {
  const names: string[][][] = [[[]]];
  for (const [piece] of text.matchAll(pieces)) {
    if (piece === ',') names.push([[]]);
    else if (piece === '+') names.at(-1)?.push([]);
    else names.at(-1)?.at(-1)?.push(piece);
  }
  return names.map((rdn) => rdn.map(parseAttribute));
}

/** True for a distinguished name: a client that registered anything else could never authenticate. */
export function isDistinguishedName(text: string): boolean {
  try {
    parseDistinguishedName(text);
    return true;
  } catch {
    return false;
  }
}

/** Reads a certificate's name out of its ASN.1. In text, a value may look like an attribute, or like hexadecimal. */
function ofCertificate(name: Name): DistinguishedName {
  return [...name].map((rdn) =>
    [...rdn].map(({ type, value }): Attribute => {
      const { anyValue } = value;
      return anyValue ? derAttribute(type, Buffer.from(anyValue).toString('hex')) : [type, value.toString()];
    }),
  );
}

/** Prepares an attribute for comparison (RFC 4518): case, compatibility forms and runs of spaces do not count. */
const prepared = ([type, value]: Attribute) =>
  `${type}=${value.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ')}`;

/** One spelling for an RDN, whose attributes are a set. */
const canonical = (rdn: readonly Attribute[]) => JSON.stringify(rdn.map(prepared).sort());

/** The RDNs of a certificate's name in one spelling each, in the certificate's order: equal names have equal ones. */
export const rdnsOf = (name: Name): string[] => ofCertificate(name).map(canonical);

/** The values of one attribute type in a certificate's name. */
export function valuesOf(name: Name, type: string): string[] {
  return ofCertificate(name).flatMap((rdn) => rdn.filter(([own]) => own === type).map(([, value]) => value));
}

/**
 * `distinguishedNameMatch`: the same RDNs in the same order, the attributes of one RDN in any.
 *
 * @see [RFC 4517 section 4.2.15](https://www.rfc-editor.org/rfc/rfc4517.html#section-4.2.15)
 */
export function distinguishedNameMatches(name: Name, expected: string): boolean {
  return rdnsOf(name).reverse().join() === parseDistinguishedName(expected).map(canonical).join();
}
