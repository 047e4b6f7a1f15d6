import { createPrivateKey, KeyObject, type X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { PemError, pemText, readCertificates } from '../certificates/pem.ts';
import { readRevocationLists } from '../certificates/revocation_list.ts';
import type { KeyFault } from './explain.ts';
import { at, type Path, put } from './path.ts';
import { isSampleKey, publicKnowledge } from './sample.ts';

const isEncrypted = (text: string) => /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text);

/**
 * Reads a private key.
 *
 * @throws {PemError} where it is encrypted, so that the server could not read it by itself.
 */
function privateKey(content: Buffer): KeyObject {
  const text = pemText(content);
  if (isEncrypted(text))
    throw new PemError([{ line: undefined, text: 'is encrypted, write what `openssl pkey -in FILE` prints' }]);
  return createPrivateKey(text);
}

type Reader = (content: Buffer) => readonly X509Certificate[] | KeyObject | undefined;

/**
 * Reads certificates of authorities.
 *
 * @throws {PemError} for one that is none, and would vouch for nobody.
 */
function authorities(content: Buffer): readonly X509Certificate[] {
  const certificates = readCertificates(content);
  const others = certificates.filter(({ ca }) => !ca);
  if (others.length === 0) return certificates;
  throw new PemError(
    others.map(({ subject }) => ({
      line: undefined,
      text: `holds ${subject.replaceAll('\n', ', ')}, which is no certificate authority and vouches for nobody, leave it out`,
    })),
  );
}

/** Reads the server's own certificates, which may stand in one file with their key. */
const chain = (content: Buffer) => readCertificates(content, { others: 'ignored' });

function revocationLists(content: Buffer): undefined {
  readRevocationLists(content);
}

/** Every key that names a file the server opens later, and what is expected inside. */
const files: readonly (readonly [path: Path, holds: string, read: Reader])[] = [
  [['listen', 'tls', 'cert'], 'a PEM certificate', chain],
  [['listen', 'tls', 'key'], 'a PEM private key', privateKey],
  [['mtls', 'tls', 'cert'], 'a PEM certificate', chain],
  [['mtls', 'tls', 'key'], 'a PEM private key', privateKey],
  [['mtls', 'ca'], 'PEM certificates of authorities', authorities],
  [['mtls', 'crl'], 'revocation lists', revocationLists],
  [['management', 'tls', 'cert'], 'a PEM certificate', chain],
  [['management', 'tls', 'key'], 'a PEM private key', privateKey],
  [['management', 'ca'], 'PEM certificates of authorities', authorities],
  [['database', 'tls', 'ca'], 'a PEM certificate', chain],
  [['database', 'tls', 'cert'], 'a PEM certificate', chain],
  [['database', 'tls', 'key'], 'a PEM private key', privateKey],
  [['outbound', 'ca'], 'PEM certificates of authorities', readCertificates],
  [['accounts', 'module'], 'a module', () => undefined],
  [['extend'], 'a module', () => undefined],
  [['keys', 'module'], 'a module', () => undefined],
  [['authorization_details', 'module'], 'a module', () => undefined],
];

/** The files that a configuration names, without modules. */
export function namedFiles(config: unknown): string[] {
  return files
    .filter(([, holds]) => holds !== 'a module')
    .flatMap((row) => itemsOf(config, row))
    .map(([path]) => at(config, path))
    .filter((name) => typeof name === 'string');
}

/** Makes file names absolute, in place, and reports each file that is not there or does not hold what it should. */
export async function resolveFiles(data: { readonly development?: unknown }, base: string): Promise<KeyFault[]> {
  const findings: KeyFault[] = [];
  const certificates = new Map<string, X509Certificate>();
  for (const [path, holds, read] of files.flatMap((row) => itemsOf(data, row))) {
    const written = at(data, path);
    if (typeof written !== 'string' || written === '') continue;
    const file = resolve(base, written);
    put(data, path, file);
    const found = await inspect(file, holds, read);
    const pair = path.slice(0, -1).join('.');
    if (typeof found === 'string') findings.push({ path, text: found });
    else if (found instanceof KeyObject) findings.push(...keyFindings(path, found, certificates.get(`${pair}.cert`)));
    else if (found?.[0]) {
      certificates.set(`${pair}.${path.at(-1)}`, found[0]);
      if (path.at(-1) === 'cert') findings.push(...timeFindings(path, found[0]));
      if (data.development !== true && found.some(({ publicKey }) => isSampleKey(publicKey)))
        findings.push({ path, text: publicKnowledge });
    }
  }
  return findings;
}

/** The rows of a key, one for each file where it names several. */
function itemsOf(data: unknown, [path, holds, read]: (typeof files)[number]): (typeof files)[number][] {
  const written = at(data, path);
  return Array.isArray(written) ? written.map((_, index) => [[...path, index], holds, read]) : [[path, holds, read]];
}

async function inspect(file: string, holds: string, read: Reader): Promise<ReturnType<Reader> | string> {
  const content = await readFile(file).catch((error: NodeJS.ErrnoException) => error);
  if (!Buffer.isBuffer(content))
    return `${file} cannot be read (${content.code}), write the name of a file that holds ${holds}`;
  try {
    return read(content);
  } catch (error) {
    const lacking = `${file} does not hold ${holds}`;
    if (!(error instanceof PemError)) return lacking;
    const told = error.problems.map(({ line, text }) => `${file}${line === undefined ? '' : `:${line}`} ${text}`);
    return `${lacking}: ${told.join('; ')}`;
  }
}

/** Finds a certificate that has expired, or is not valid yet. */
function timeFindings(path: Path, { validFrom, validTo }: X509Certificate): KeyFault[] {
  const [from, to] = [new Date(validFrom), new Date(validTo)];
  if (to.getTime() < Date.now())
    return [{ path, text: `has expired, at ${to.toISOString()}: write one that is valid` }];
  // Clocks differ by minutes, and authorities date back.
  if (from.getTime() > Date.now() + 300_000) return [{ path, text: `is not valid before ${from.toISOString()}` }];
  return [];
}

function keyFindings(path: Path, key: KeyObject, belongsTo: X509Certificate | undefined): KeyFault[] {
  const bits = key.asymmetricKeyDetails?.modulusLength;
  return [
    ...(bits !== undefined && bits < 2048
      ? [{ path, text: `is an RSA key of ${bits} bits, use at least 2048`, clause: 'FAPI2-SP-FINAL-5.4.1-2' as const }]
      : []),
    ...(belongsTo && !belongsTo.checkPrivateKey(key) ? [{ path, text: 'is not the private key of cert' }] : []),
  ];
}
