import type { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';

import { AsnConvert } from '@peculiar/asn1-schema';
import { type GeneralName, KeyUsageFlags } from '@peculiar/asn1-x509';

import { log } from '../log.ts';
import type { PathCheck } from './certification_path.ts';
import { type RevocationList, readRevocationLists } from './revocation_list.ts';
import { isSignedBy } from './signature_algorithm.ts';
import { certificateFields } from './x509.ts';

/** Files are looked at again when this many milliseconds have gone by. */
const interval = 1000;

/** A file of revocation lists; a change on disk is found by its time, size and inode. */
class RevocationFile {
  readonly #name: string;
  #lists: readonly RevocationList[];
  #mark: string;

  constructor(name: string) {
    this.#name = name;
    this.#mark = this.#stat();
    this.#lists = this.#read();
  }

  #read(): readonly RevocationList[] {
    const lists = readRevocationLists(readFileSync(this.#name));
    for (const { issuer, nextUpdate } of lists) {
      if (nextUpdate >= Date.now()) continue;
      log.warn(
        { file: this.#name, issuer },
        'a revocation list is out of date: certificates of its authority are refused',
      );
    }
    return lists;
  }

  #stat(): string {
    const { mtimeMs, size, ino } = statSync(this.#name);
    return [mtimeMs, size, ino].join();
  }

  /** A file that is gone or half written leaves what was read before, which ends by its own `nextUpdate`. */
  refresh(): readonly RevocationList[] {
    try {
      const mark = this.#stat();
      if (mark !== this.#mark) {
        this.#mark = mark;
        this.#lists = this.#read();
        log.info({ file: this.#name }, 'revocation lists read again');
      }
    } catch (err) {
      log.error(
        { err, file: this.#name },
        'revocation lists cannot be read: what was read before goes on until its nextUpdate',
      );
    }
    return this.#lists;
  }
}

const derOf = (name: GeneralName) => Buffer.from(AsnConvert.serialize(name)).toString('hex');

/** True for a list that is about a certificate: of its kind, and of one of the distribution points the certificate names. */
function isAbout({ scope }: RevocationList, certificate: X509Certificate): boolean {
  if (scope.onlyContainsUserCerts && certificate.ca) return false;
  if (scope.onlyContainsCACerts && !certificate.ca) return false;
  if (!scope.distributionPoint) return true;
  const points = [...(certificateFields(certificate).distributionPoints ?? [])];
  const named = new Set(points.flatMap(({ distributionPoint }) => (distributionPoint?.fullName ?? []).map(derOf)));
  return (scope.distributionPoint.fullName ?? []).some((name) => named.has(derOf(name)));
}

function mayIssueLists(certificate: X509Certificate): boolean {
  const { keyUsage } = certificateFields(certificate);
  return keyUsage === undefined || (keyUsage & KeyUsageFlags.cRLSign) !== 0;
}

/** Results of checking the signatures over lists, by key: each is checked once. */
const signatures = new WeakMap<RevocationList, Map<string, boolean>>();

function isIssuedBy(list: RevocationList, certificate: X509Certificate): boolean {
  const known = signatures.get(list) ?? new Map<string, boolean>();
  signatures.set(list, known);
  const { fingerprint256, publicKey } = certificate;
  const answer =
    known.get(fingerprint256) ??
    (mayIssueLists(certificate) && isSignedBy(publicKey, list.algorithm, list.signed, list.signature));
  // Intermediates are the client's to choose: what they are remembered by has a bound.
  if (known.size < 100) known.set(fingerprint256, answer);
  return answer;
}

/** The reason why lists do not speak for one certificate of a path. */
function revoked(
  certificate: X509Certificate,
  signers: readonly X509Certificate[],
  lists: readonly RevocationList[],
  now: number,
): string | undefined {
  const { issuerRdns, serial } = certificateFields(certificate);
  const issuer = issuerRdns.join();
  const named = lists.filter((list) => list.issuer === issuer && isAbout(list, certificate));
  if (named.length === 0) return 'there is no revocation list of its authority';
  const own = named.filter((list) => signers.some((signer) => isIssuedBy(list, signer)));
  if (own.length === 0) return 'the revocation list of its authority is not signed by it';
  if (own.some((list) => list.revoked.has(serial))) return 'it is revoked';
  // NaN, where a time is missing or cannot be read, is neither before nor after.
  const current = own.some(({ thisUpdate, nextUpdate }) => thisUpdate <= now && nextUpdate >= now);
  return current ? undefined : 'the revocation list of its authority is out of date (nextUpdate)';
}

/**
 * The reason why lists do not speak for a path: every certificate below the anchor has to be spoken for by a current list
 * that its authority has signed, with the key of the path or that of a configured authority of the same name. Out of scope, and
 * refused: indirect lists, delta lists, lists of some reasons only, lists signed by any other key.
 *
 * @see [RFC 5280 section 6.3 - CRL Validation](https://www.rfc-editor.org/rfc/rfc5280.html#section-6.3)
 */
export function revokedIn(
  path: readonly X509Certificate[],
  lists: readonly RevocationList[],
  authorities: readonly X509Certificate[],
  now: Date,
): string | undefined {
  for (const [index, certificate] of path.entries()) {
    if (index === 0) continue;
    const issuer = certificateFields(certificate).issuerRdns.join();
    const isNamed = (other: X509Certificate) => certificateFields(other).subjectRdns.join() === issuer;
    const signers = [...path.slice(0, index), ...authorities].filter(isNamed);
    const fault = revoked(certificate, signers, lists, now.getTime());
    if (fault) return index === path.length - 1 ? fault : `of its authority: ${fault}`;
  }
  return undefined;
}

/**
 * The check of a path against revocation lists that lie in files. Changed files are read again, within a second, when a
 * client comes.
 *
 * @throws {PemError} when a file cannot be used now.
 */
export function revocationCheck(files: readonly string[], authorities: readonly X509Certificate[]): PathCheck {
  const opened = files.map((file) => new RevocationFile(file));
  let lists = opened.flatMap((file) => file.refresh());
  let looked = performance.now();
  return function check(path, now) {
    if (performance.now() - looked >= interval) {
      lists = opened.flatMap((file) => file.refresh());
      looked = performance.now();
    }
    return revokedIn(path, lists, authorities, now);
  };
}
