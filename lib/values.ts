import { isIP } from 'node:net';

import { z } from 'zod';

export const text = z.string().min(1, 'is empty');
export const file = text.describe('file, relative to the configuration file');
export const port = z.int().min(0, 'is no port, write 0 to 65535').max(65535, 'is no port, write 0 to 65535');

/**
 * Cipher suites of TLS 1.3, and of TLS 1.2 only those that BCP 195 recommends: Node's default list offers CBC and DHE
 * too.
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

export type CipherSuite = (typeof ciphers)[number];

/** A certificate and its key, of a listener. */
export const tlsFiles = z.strictObject({
  cert: file.describe('certificate chain, PEM; relative to the configuration file'),
  key: file.describe('private key of the certificate, PEM; relative to the configuration file'),
});
export const wholeSeconds = z.int().min(1, 'is too short, write at least 1 second');

/** An https URL that has one spelling: clients compare the issuer character by character (RFC 8414 section 3.3). */
export const httpsUrl = z.string().check((ctx) => {
  const url = URL.canParse(ctx.value) ? new URL(ctx.value) : undefined;
  const wrong =
    url?.protocol !== 'https:'
      ? 'is not an https URL, write https://... [FAPI2-SP-FINAL-5.2.1-1]'
      : url.search || url.hash || /[?#]/.test(ctx.value)
        ? 'has a query or a fragment, leave it out [RFC8414-2]'
        : url.username || url.password
          ? 'carries a user name or password, leave it out'
          : ctx.value.endsWith('/') || (url.href !== ctx.value && url.href !== `${ctx.value}/`)
            ? `has more than one spelling, write ${url.href.replace(/\/+$/, '')}`
            : undefined;
  if (wrong) ctx.issues.push({ code: 'custom', message: wrong, input: ctx.value });
});

export const cidr = z.string().refine((value) => {
  const [address = '', bits, ...rest] = value.split('/');
  const family = isIP(address);
  const size = Number(bits ?? 0);
  return (
    family !== 0 &&
    rest.length === 0 &&
    bits !== '' &&
    Number.isInteger(size) &&
    size >= 0 &&
    size <= (family === 4 ? 32 : 128)
  );
}, 'is not an address or a range of addresses, write for example 10.0.0.0/8');

/** The name of a header: a token (RFC 9110 section 5.6.2). */
export const headerName = z
  .string()
  .regex(/^[\w!#$%&'*+.^`|~-]+$/, 'is no name of a header, write for example ssl-client-cert');
