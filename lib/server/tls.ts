import { constants } from 'node:crypto';
import type { ServerOptions } from 'node:https';

import { type CipherSuite, ciphers as permitted } from '../values.ts';

/** A certificate chain and its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** The TLS of a listener. */
export interface ListenerTls extends KeyPair {
  /** Cipher suites, the preferred first; all that are permitted when left out. */
  readonly ciphers?: readonly CipherSuite[] | undefined;
}

/**
 * The options of the listener for everyone.
 *
 * @see [FAPI2-SP-FINAL-5.2.1-2](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.2.1) TLS 1.2 or
 * later
 */
export function serverOptions({ cert, key, ciphers = permitted }: ListenerTls): ServerOptions {
  return { cert, key, minVersion: 'TLSv1.2', honorCipherOrder: true, ciphers: ciphers.join(':') };
}

/**
 * The options of the listener that asks for a client certificate. The handshake succeeds whatever the client shows: the
 * application refuses a missing or untrusted certificate in the protocol's words.
 *
 * @see [RFC 8705 section 2 - Mutual TLS for OAuth Client Authentication](https://www.rfc-editor.org/rfc/rfc8705.html#section-2)
 */
export function mutualTlsOptions(tls: ListenerTls): ServerOptions {
  return {
    ...serverOptions(tls),
    requestCert: true,
    rejectUnauthorized: false,
    // No `ca`: it would be named in the handshake, and Java withholds a certificate that none of the names issued.
    // No tickets: a resumed session brings back the client's certificate without the intermediates it was sent with.
    // No renegotiation: it could exchange the certificate in the middle of a connection.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}
