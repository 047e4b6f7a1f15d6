import { constants } from 'node:crypto';
import type { ServerOptions } from 'node:https';

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
