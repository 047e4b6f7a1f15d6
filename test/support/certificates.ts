import type { webcrypto } from 'node:crypto';
import type { KeyPair } from '../../lib/server/tls.ts';
import * as x509 from './x509.ts';

const ec = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
export const rsa = (modulusLength: number) => ({
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
});
/** RSASSA-PSS; the hash of the signature is that of the request. */
export const rsaPss = {
  name: 'RSA-PSS',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
};
const day = 24 * 60 * 60 * 1000;

/** What a certificate is asked to be; by default a client's, valid from yesterday for a month. */
export interface CertificateRequest {
  /** RFC 4514 string in the order of the certificate (most significant first), or the RDNs themselves. */
  readonly subject?: x509.X509CertificateCreateParamsName;
  readonly san?: { readonly type: 'dns' | 'url' | 'ip' | 'email'; readonly value: string }[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly algorithm?: typeof ec | ReturnType<typeof rsa>;
  /** Of the signature. */
  readonly hash?: string;
  readonly extensions?: x509.Extension[];
  /** Extended key usages; `null` for none at all. */
  readonly usages?: string[] | null;
  /** `null` for none at all. */
  readonly keyUsage?: x509.KeyUsageFlags | null;
}

export interface ListRequest {
  /** PEM certificates. */
  readonly revoked?: readonly string[];
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
  readonly extensions?: x509.Extension[];
}

/** PEM certificate, its key, and what issued it up to, but not including, the root. */
export interface Issued extends KeyPair {
  readonly certificate: string;
  readonly chain: readonly string[];
}

const pem = (key: ArrayBuffer) => x509.PemConverter.encode(key, 'PRIVATE KEY');

async function issue(
  request: CertificateRequest,
  issuer: { name: string; key: webcrypto.CryptoKey } | undefined,
  ca: boolean | number,
  had?: webcrypto.CryptoKeyPair,
) {
  const algorithm = request.algorithm ?? ec;
  const keys =
    had ?? ((await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair);
  const { keyCertSign, cRLSign, digitalSignature } = x509.KeyUsageFlags;
  const usual = ca !== false ? keyCertSign | cRLSign : digitalSignature;
  const subject = request.subject ?? 'CN=client';
  const keyUsage = request.keyUsage === undefined ? usual : request.keyUsage;
  const usages = request.usages === undefined ? [x509.ExtendedKeyUsage.clientAuth] : request.usages;
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: issuer?.name ?? subject,
    publicKey: keys.publicKey,
    signingKey: issuer?.key ?? keys.privateKey,
    signingAlgorithm: {
      ...(issuer?.key ?? keys.privateKey).algorithm,
      hash: request.hash ?? 'SHA-256',
      saltLength: 32,
    } as unknown as typeof ec,
    notBefore: request.notBefore ?? new Date(Date.now() - day),
    notAfter: request.notAfter ?? new Date(Date.now() + 30 * day),
    extensions: [
      new x509.BasicConstraintsExtension(ca !== false, typeof ca === 'number' ? ca : undefined, true),
      ...(keyUsage === null ? [] : [new x509.KeyUsagesExtension(keyUsage, true)]),
      ...(ca === false && usages ? [new x509.ExtendedKeyUsageExtension(usages)] : []),
      ...(request.san ? [new x509.SubjectAlternativeNameExtension(request.san)] : []),
      ...(request.extensions ?? []),
    ],
  });
  const key = pem(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { certificate: certificate.toString('pem'), name: certificate.subject, key, keys };
}

/** A certificate authority for one test run. */
export class CertificateAuthority {
  readonly certificate: string;
  readonly #name: string;
  readonly #key: webcrypto.CryptoKey;
  readonly #keys: webcrypto.CryptoKeyPair;
  readonly #chain: readonly string[];

  private constructor(made: Awaited<ReturnType<typeof issue>>, chain: readonly string[]) {
    this.certificate = made.certificate;
    this.#name = made.name;
    this.#keys = made.keys;
    this.#key = made.keys.privateKey;
    this.#chain = chain;
  }

  static async root(subject = 'CN=Test Root', request: CertificateRequest = {}): Promise<CertificateAuthority> {
    return new CertificateAuthority(await issue({ ...request, subject }, undefined, true), []);
  }

  async intermediate(subject = 'CN=Test Intermediate', request: CertificateRequest & { pathLength?: number } = {}) {
    const made = await issue({ ...request, subject }, { name: this.#name, key: this.#key }, request.pathLength ?? true);
    return new CertificateAuthority(made, [made.certificate, ...this.#chain]);
  }

  /** Another certificate for the same key, and for the same name unless told otherwise. */
  async again(subject: string = this.#name): Promise<CertificateAuthority> {
    return new CertificateAuthority(await issue({ subject }, undefined, true, this.#keys), []);
  }

  /** A client that signs certificates with the key of its own. */
  async pretendingToIssue(subject = 'CN=Pretender') {
    const keyUsage = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature;
    const made = await issue({ subject, keyUsage }, { name: this.#name, key: this.#key }, false);
    return new CertificateAuthority(made, [made.certificate, ...this.#chain]);
  }

  /** The authority's own certificate and key, for a program that makes lists. */
  async keyPair(): Promise<KeyPair & { certificate: string }> {
    const key = pem(await crypto.subtle.exportKey('pkcs8', this.#key));
    return { certificate: this.certificate, cert: this.certificate, key };
  }

  /** A revocation list of this authority, current unless told otherwise. */
  async revocationList({ revoked = [], thisUpdate, nextUpdate, extensions = [] }: ListRequest = {}): Promise<string> {
    const list = await x509.X509CrlGenerator.create({
      issuer: this.#name,
      thisUpdate: thisUpdate ?? new Date(Date.now() - day),
      nextUpdate: nextUpdate === undefined ? new Date(Date.now() + day) : nextUpdate,
      entries: revoked.map((certificate) => ({
        serialNumber: new x509.X509Certificate(certificate).serialNumber,
        revocationDate: new Date(Date.now() - day),
      })),
      extensions,
      signingKey: this.#key,
      signingAlgorithm: { ...this.#key.algorithm, hash: 'SHA-256' } as typeof ec,
    });
    // OpenSSL knows this label alone.
    return list.toString('pem').replaceAll(' CRL-', ' X509 CRL-');
  }

  async issue(request: CertificateRequest = {}): Promise<Issued> {
    const { certificate, key } = await issue(request, { name: this.#name, key: this.#key }, false);
    return { cert: [certificate, ...this.#chain].join('\n'), key, certificate, chain: this.#chain };
  }
}

/** A client certificate that no authority stands behind. */
export async function selfSignedClient(request: CertificateRequest = {}): Promise<Issued> {
  const { certificate, key } = await issue(request, undefined, false);
  return { cert: certificate, key, certificate, chain: [] };
}
