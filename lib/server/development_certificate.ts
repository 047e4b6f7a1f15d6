import { createPrivateKey, type KeyObject, randomUUID, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';

import { installed } from '../installed.ts';
import type { KeyPair } from './tls.ts';

/** A development server's certificate, and the file that makes a machine trust it. */
export interface DevelopmentCertificate extends KeyPair {
  /** PEM certificate of the authority that issued it; `undefined` for one that is kept nowhere. */
  readonly authority?: string;
  /** The authority's certificate as a PKCS #12 trust store; its password is `development`. */
  readonly trustStore?: string;
}

/** The folder a development server keeps its certificate in, by the URL of its database; `undefined` for none. */
export function certificateFolder(database: string): string | undefined {
  const data = database.startsWith('pglite:') ? database.slice('pglite:'.length) : './data';
  return data ? join(data, 'tls') : undefined;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const day = 24 * 60 * 60 * 1000;
/** Days before its end from which a certificate is made anew at the next start. */
const renewal = 30;
/** The longest time browsers take a server's certificate for, less a day. */
const lifetime = 396;

async function certificates() {
  // Only development pays for loading what makes certificates, and the polyfill it has to find.
  return installed('a development certificate', async () => {
    await import('reflect-metadata');
    return import('@peculiar/x509');
  });
}

interface Issuing {
  readonly name: string;
  readonly hosts?: readonly string[];
  readonly days: number;
  readonly issuer?: { readonly certificate: X509Certificate; readonly key: KeyObject };
}

/**
 * Issues a certificate: an authority's without hosts, a server's with hosts. It is signed by itself where there is no
 * issuer.
 */
async function issue({ name, hosts, days, issuer }: Issuing): Promise<KeyPair> {
  const x509 = await certificates();
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const signingKey = issuer
    ? await crypto.subtle.importKey(
        'pkcs8',
        new Uint8Array(issuer.key.export({ format: 'der', type: 'pkcs8' })),
        algorithm,
        false,
        ['sign'],
      )
    : keys.privateKey;
  const now = Date.now();
  const subject = new x509.Name([{ CN: [name] }]);
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: issuer ? new x509.X509Certificate(issuer.certificate.raw).subjectName : subject,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    // A clock a little behind ours must not find the certificate not yet valid.
    notBefore: new Date(now - day),
    notAfter: new Date(now + days * day),
    extensions: hosts
      ? [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }))),
        ]
      : [
          new x509.BasicConstraintsExtension(true, 0, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
          await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        ],
  });
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}

/** A certificate for development that is kept nowhere; its hosts are names or addresses, without brackets. */
export function selfSigned(hosts: readonly string[]): Promise<KeyPair> {
  return issue({ name: hosts[0] ?? 'localhost', hosts, days: lifetime });
}

/** Reads a key and its certificate. They stand in one file, so that they are always of one making. */
async function readPair(file: string): Promise<KeyPair | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const [key] = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n/.exec(text) ?? [];
  return key ? { key, cert: text.replace(key, '') } : undefined;
}

/** Writes a file whole or not at all. Where two processes write it, both read what the first one wrote. */
async function keep(file: string, pair: KeyPair): Promise<void> {
  const temporary = `${file}.${randomUUID()}`;
  await writeFile(temporary, `${pair.key.trim()}\n${pair.cert.trim()}\n`, { mode: 0o600 });
  await link(temporary, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(temporary);
}

async function kept(file: string, fits: (pair: KeyPair) => boolean, make: () => Promise<KeyPair>): Promise<KeyPair> {
  const found = await readPair(file);
  if (found && fits(found)) return found;
  if (found) await rm(file, { force: true });
  await keep(file, await make());
  return (await readPair(file)) as KeyPair;
}

const isFresh = (certificate: X509Certificate) => certificate.validToDate.getTime() > Date.now() + renewal * day;

function isFor(certificate: X509Certificate, hosts: readonly string[]): boolean {
  return hosts.every((host) => (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined);
}

/**
 * Reads or makes a development server's certificate. It is issued by an authority of this machine that is kept in a
 * folder and stays when the server starts again: who trusts `authority.crt` once trusts every later start. The folder
 * is this user's alone.
 *
 * @param folder made when it is not there, with mode 0700
 * @param hosts names and addresses the certificate is for, besides localhost, 127.0.0.1 and ::1
 */
export async function developmentCertificate(
  folder: string,
  hosts: readonly string[],
): Promise<DevelopmentCertificate & { readonly authority: string; readonly trustStore: string }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const name = 'oidc-provider-fapi development authority';
  const own = await kept(
    join(folder, 'authority.pem'),
    ({ cert }) => isFresh(new X509Certificate(cert)),
    () => issue({ name, days: 3650 }),
  );
  const issuer = { certificate: new X509Certificate(own.cert), key: createPrivateKey(own.key) };
  const all = [...new Set([...hosts, 'localhost', '127.0.0.1', '::1'])];
  const pair = await kept(
    join(folder, 'server.pem'),
    ({ cert }) => {
      const certificate = new X509Certificate(cert);
      return isFresh(certificate) && isFor(certificate, all) && certificate.verify(issuer.certificate.publicKey);
    },
    () => issue({ name: all[0] ?? 'localhost', hosts: all, days: lifetime, issuer }),
  );
  const files = { authority: join(folder, 'authority.crt'), trustStore: join(folder, 'authority.p12') };
  // Written last, the certificate says that the trust store beside it is of the same authority.
  const isTold = (await readFile(files.authority, 'utf8').catch(() => '')) === own.cert;
  if (!isTold || !existsSync(files.trustStore)) {
    const { trustStore } = await import('../certificates/trust_store.ts');
    await writeFile(files.trustStore, trustStore(name, issuer.certificate, 'development'));
    await writeFile(files.authority, own.cert);
  }
  return { ...pair, ...files };
}
