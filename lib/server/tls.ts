import { constants } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Server, ServerOptions } from 'node:https';
import { isIP } from 'node:net';
/** A certificate chain and its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/**
 * TLS 1.3, and of TLS 1.2 only what BCP 195 recommends: Node's default list offers CBC and DHE too.
 *
 * @see [FAPI2-SP-FINAL-5.2.2-1](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.2.2)
 */
export const ciphers = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
] as const;

/**
 * The listener for everyone.
 *
 * @see [FAPI2-SP-FINAL-5.2.1-2](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.2.1) TLS 1.2 or later
 */
export function serverOptions({ cert, key }: KeyPair): ServerOptions {
  return { cert, key, minVersion: 'TLSv1.2', honorCipherOrder: true, ciphers: ciphers.join(':') };
}

/**
 * The listener that asks for a client certificate, and lets the handshake succeed whatever comes: the application
 * answers for a missing or untrusted one in the protocol's words.
 *
 * @see [RFC 8705 section 2 - Mutual TLS for OAuth Client Authentication](https://www.rfc-editor.org/rfc/rfc8705.html#section-2)
 */
export function mutualTlsOptions(keyPair: KeyPair): ServerOptions {
  return {
    ...serverOptions(keyPair),
    requestCert: true,
    rejectUnauthorized: false,
    // No `ca`: it would be named in the handshake, and Java withholds a certificate that none of the names issued.
    // No tickets: a resumed session brings back the client's certificate without the intermediates it was sent with.
    // No renegotiation: it could exchange the certificate in the middle of a connection.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}

/** Takes the certificate files' present content for new connections; those under way keep theirs. */
export async function reload(
  server: Server,
  files: KeyPair,
  options: (keyPair: KeyPair) => ServerOptions = serverOptions,
): Promise<void> {
  const [cert, key] = await Promise.all([readFile(files.cert, 'utf8'), readFile(files.key, 'utf8')]);
  server.setSecureContext(options({ cert, key }));
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const day = 24 * 60 * 60 * 1000;

/** A certificate for development, for the longest time browsers take one. */
export async function selfSigned(hosts: readonly string[]): Promise<KeyPair> {
  // Only development pays for loading what makes certificates, and the polyfill it has to find.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [hosts[0] ?? 'localhost'] }],
    keys,
    signingAlgorithm: algorithm,
    // A clock a little behind ours must not find the certificate not yet valid.
    notBefore: new Date(now - day),
    notAfter: new Date(now + 396 * day),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }))),
    ],
  });
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}
