import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { Finding } from './explain.ts';
import { at, type Path, put } from './path.ts';
import { isSampleAuthority, publicKnowledge } from './sample.ts';

const certificate = (pem: string) => new X509Certificate(pem);
type Reader = (content: string) => X509Certificate | KeyObject | undefined;

/** Every key that names a file the server opens later, and what is expected inside. */
const files: readonly (readonly [path: Path, holds: string, read: Reader])[] = [
  [['listen', 'tls', 'cert'], 'a PEM certificate', certificate],
  [['listen', 'tls', 'key'], 'a PEM private key', createPrivateKey],
  [['mtls', 'tls', 'cert'], 'a PEM certificate', certificate],
  [['mtls', 'tls', 'key'], 'a PEM private key', createPrivateKey],
  [['mtls', 'ca'], 'a PEM certificate', certificate],
  [['database', 'tls', 'ca'], 'a PEM certificate', certificate],
  [['database', 'tls', 'cert'], 'a PEM certificate', certificate],
  [['database', 'tls', 'key'], 'a PEM private key', createPrivateKey],
  [['accounts', 'module'], 'a module', () => undefined],
  [['authorization_details', 'module'], 'a module', () => undefined],
];

/** Makes file names absolute, in place, and reports each file that is not there or does not hold what it should. */
export async function resolveFiles(data: { readonly development?: unknown }, base: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const certificates = new Map<string, X509Certificate>();
  for (const [path, holds, read] of files) {
    const name = path.at(-1);
    const written = at(data, path);
    if (typeof written !== 'string' || written === '') continue;
    const file = resolve(base, written);
    put(data, path, file);
    const found = await inspect(file, holds, read);
    const pair = path.slice(0, -1).join('.');
    if (typeof found === 'string') findings.push({ path, text: found });
    else if (found instanceof X509Certificate) {
      certificates.set(`${pair}.${name}`, found);
      if (data.development !== true && isSampleAuthority(found)) findings.push({ path, text: publicKnowledge });
    } else if (found) findings.push(...keyFindings(path, found, certificates.get(`${pair}.cert`)));
  }
  return findings;
}

async function inspect(file: string, holds: string, read: Reader): Promise<ReturnType<Reader> | string> {
  const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (typeof content !== 'string')
    return `${file} cannot be read (${content.code}), write the name of a file that holds ${holds}`;
  try {
    return read(content);
  } catch {
    return `${file} does not hold ${holds}`;
  }
}

function keyFindings(path: Path, key: KeyObject, belongsTo: X509Certificate | undefined): Finding[] {
  const bits = key.asymmetricKeyDetails?.modulusLength;
  return [
    ...(bits !== undefined && bits < 2048
      ? [{ path, text: `is an RSA key of ${bits} bits, use at least 2048`, clause: 'FAPI2-SP-FINAL-5.4.1-2' as const }]
      : []),
    ...(belongsTo && !belongsTo.checkPrivateKey(key) ? [{ path, text: 'is not the private key of cert' }] : []),
  ];
}
