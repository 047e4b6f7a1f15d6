import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  Extensions,
  IssuingDistributionPoint,
  id_ce_cRLNumber,
  id_ce_deltaCRLIndicator,
  id_ce_issuingDistributionPoint,
  Name,
  Time,
} from '@peculiar/asn1-x509';

import { type DerValue, derContent, derValues } from './der.ts';
import { rdnsOf } from './distinguished_name.ts';
import { PemError, pemBlocks, pemText } from './pem.ts';
import { serialOf } from './x509.ts';

/** A complete revocation list of one authority, or of one distribution point of it. */
export interface RevocationList {
  /** The issuer's RDNs in one spelling. */
  readonly issuer: string;
  readonly thisUpdate: number;
  /** `NaN` where the list has none: it is then out of date from the start. */
  readonly nextUpdate: number;
  readonly scope: Pick<IssuingDistributionPoint, 'onlyContainsUserCerts' | 'onlyContainsCACerts' | 'distributionPoint'>;
  /** Serial numbers as `serialOf` spells them. */
  readonly revoked: ReadonlySet<string>;
  readonly algorithm: AlgorithmIdentifier;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

const [sequence, integer, utcTime, generalizedTime, extensionsTag] = [0x30, 0x02, 0x17, 0x18, 0xa0];
const isTime = (value: DerValue | undefined) => value?.tag === utcTime || value?.tag === generalizedTime;
const timeOf = (value: DerValue | undefined) =>
  value && isTime(value) ? AsnConvert.parse(value.whole, Time).getTime().getTime() : Number.NaN;

function extensionsOf(content: Buffer | undefined) {
  return content ? [...AsnConvert.parse(content, Extensions)] : [];
}

/**
 * The scope of a list: its kind of certificates and its distribution point.
 *
 * @throws {SyntaxError} for a delta list, an indirect list or a list of some reasons only: each says too little by
 * itself.
 */
function scopeOf(extensions: ReturnType<typeof extensionsOf>): RevocationList['scope'] {
  for (const { extnID, critical } of extensions) {
    if (extnID === id_ce_deltaCRLIndicator) throw new SyntaxError('is a delta list, write the complete one');
    if (critical && extnID !== id_ce_issuingDistributionPoint && extnID !== id_ce_cRLNumber) {
      throw new SyntaxError(`has a critical extension that is not known here (${extnID})`);
    }
  }
  const value = extensions.find(({ extnID }) => extnID === id_ce_issuingDistributionPoint)?.extnValue;
  const scope = value ? AsnConvert.parse(value, IssuingDistributionPoint) : new IssuingDistributionPoint();
  const { indirectCRL, onlySomeReasons, onlyContainsAttributeCerts, distributionPoint } = scope;
  if (indirectCRL) throw new SyntaxError('is an indirect list, write one that the authority itself has issued');
  if (onlySomeReasons) throw new SyntaxError('is for some reasons of revocation only, write the complete one');
  if (onlyContainsAttributeCerts) throw new SyntaxError('is for attribute certificates only');
  if (distributionPoint && !distributionPoint.fullName)
    throw new SyntaxError('has a distribution point without a full name');
  return scope;
}

/**
 * The serial numbers of the entries.
 *
 * @throws {SyntaxError} for an entry with a critical extension: it is about another issuer's certificate, or means
 * something unknown.
 */
function serialsOf(entries: Buffer): Set<string> {
  const revoked = new Set<string>();
  for (const { content } of derValues(entries)) {
    const [serial, , extensions] = derValues(content);
    if (serial?.tag !== integer) throw new SyntaxError('has an entry without a serial number');
    if (extensions && extensionsOf(extensions.whole).some(({ critical }) => critical)) {
      throw new SyntaxError('has an entry with a critical extension, which is not known here');
    }
    revoked.add(serialOf(serial.content));
  }
  return revoked;
}

/**
 * Reads one DER revocation list.
 *
 * @throws {SyntaxError} when it cannot be read, or is one of those that are out of scope.
 * @see [RFC 5280 section 5 - CRL and CRL Extensions Profile](https://www.rfc-editor.org/rfc/rfc5280.html#section-5)
 */
export function readRevocationList(der: Buffer): RevocationList {
  const [signed, algorithm, signature] = derValues(derContent(der));
  if (!signed || !algorithm || signature?.content[0] !== 0)
    throw new SyntaxError('is no revocation list that can be read');
  const parts = [...derValues(signed.content)];
  if (parts[0]?.tag === integer) parts.shift();
  const [inner, issuer, thisUpdate, ...rest] = parts;
  if (!inner?.whole.equals(algorithm.whole) || !issuer) throw new SyntaxError('names two signature algorithms');
  const nextUpdate = isTime(rest[0]) ? rest.shift() : undefined;
  const entries = rest[0]?.tag === sequence ? rest.shift() : undefined;
  const extensions = rest[0]?.tag === extensionsTag ? rest.shift() : undefined;
  if (rest.length > 0) throw new SyntaxError('is no revocation list that can be read');
  return {
    issuer: rdnsOf(AsnConvert.parse(issuer.whole, Name)).join(),
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: timeOf(nextUpdate),
    scope: scopeOf(extensionsOf(extensions?.content)),
    revoked: entries ? serialsOf(entries.content) : new Set(),
    algorithm: AsnConvert.parse(algorithm.whole, AlgorithmIdentifier),
    signed: signed.whole,
    signature: signature.content.subarray(1),
  };
}

/**
 * Every revocation list of a file: PEM, or DER as authorities publish them.
 *
 * @throws {PemError} with every problem of the file.
 */
export function readRevocationLists(content: Uint8Array): RevocationList[] {
  const blocks =
    content[0] === sequence
      ? [{ label: 'X509 CRL', bytes: Buffer.from(content), line: undefined }]
      : pemBlocks(pemText(content));
  const problems: { line: number | undefined; text: string }[] = [];
  const lists = blocks.flatMap(({ label, bytes, line }) => {
    try {
      if (label !== 'X509 CRL') throw new SyntaxError(`is a ${label}, write a revocation list (X509 CRL)`);
      return [readRevocationList(bytes)];
    } catch (error) {
      const text = error instanceof SyntaxError ? error.message : 'is no revocation list that can be read';
      problems.push({ line, text });
      return [];
    }
  });
  if (blocks.length === 0)
    problems.push({ line: undefined, text: 'holds no revocation list (-----BEGIN X509 CRL-----)' });
  if (problems.length > 0) throw new PemError(problems);
  return lists;
}
