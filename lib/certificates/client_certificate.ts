import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import type { Context } from 'koa';
import type { Configuration } from 'oidc-provider';
import { z } from 'zod';
import { trustedProxies } from '../http/forwarded.ts';
import { log } from '../log.ts';
import { cidr } from '../values.ts';
import { certificateAuthorized, defect } from './certification_path.ts';
import { distinguishedNameMatches } from './distinguished_name.ts';
import { certificateFields } from './x509.ts';

type Feature = NonNullable<NonNullable<Configuration['features']>['mTLS']>;
type Hook = 'getCertificate' | 'certificateAuthorized' | 'certificateSubjectMatches';
type MutualTls = { [Name in Hook]: NonNullable<Feature[Name & keyof Feature]> };

/** A certificate and the intermediates it was presented with. */
interface Presented {
  readonly certificate: X509Certificate;
  readonly intermediates: readonly X509Certificate[];
}

export const proxySettings = z.strictObject({
  trusted: z
    .array(cidr)
    .min(1, 'lists nobody, write for example [10.0.0.0/8]')
    .describe('addresses of the proxies that may speak for a client'),
  client_certificate: z
    .enum(['rfc9440'])
    .optional()
    .describe('how the proxy hands over the client certificate: rfc9440 is the Client-Cert header'),
});

export type ProxySettings = Partial<z.input<typeof proxySettings>>;

function fromSocket(socket: TLSSocket): Presented | undefined {
  const leaf: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate?.(true);
  if (!leaf?.raw) return undefined;
  const intermediates: X509Certificate[] = [];
  // The chain ends in a certificate that names itself as its issuer.
  for (let { issuerCertificate: next, raw } = leaf; next?.raw && !next.raw.equals(raw ?? next.raw); ) {
    intermediates.push(new X509Certificate(next.raw));
    ({ issuerCertificate: next, raw } = next);
  }
  return { certificate: new X509Certificate(leaf.raw), intermediates };
}

/** RFC 8941 byte sequences: `:base64:`, parameters ignored. */
function byteSequences(header: string): X509Certificate[] {
  return header
    .split(',')
    .filter(Boolean)
    .map((item) => {
      const bytes = /^\s*:([A-Za-z0-9+/]*={0,2}):\s*(?:;|$)/.exec(item)?.[1];
      if (bytes === undefined) throw new SyntaxError('not a byte sequence');
      return new X509Certificate(Buffer.from(bytes, 'base64'));
    });
}

/** @see [RFC 9440 section 2 - Client-Cert and Client-Cert-Chain](https://www.rfc-editor.org/rfc/rfc9440.html#section-2) */
function fromHeaders(ctx: Context): Presented | undefined {
  try {
    const [certificate, ...more] = byteSequences(ctx.get('client-cert'));
    if (!certificate || more.length > 0) return undefined;
    return { certificate, intermediates: byteSequences(ctx.get('client-cert-chain')) };
  } catch {
    log.warn('the proxy sent a client certificate that is none');
    return undefined;
  }
}

const handshakes = new WeakMap<TLSSocket, Presented | undefined>();

/** What came with the handshake; it stays what it was for as long as the connection lasts. */
function ofConnection(socket: TLSSocket): Presented | undefined {
  if (!handshakes.has(socket)) handshakes.set(socket, fromSocket(socket));
  return handshakes.get(socket);
}

/** What came with the request, by whoever may say so: the TLS handshake, or a trusted proxy instead of it. */
function presentedBy({ trusted, client_certificate }: ProxySettings): (ctx: Context) => Presented | undefined {
  const isTrusted = trustedProxies(trusted);
  return (ctx) => {
    const { socket } = ctx.req;
    // On a connection from the proxy the certificate of the handshake is the proxy's own.
    const found =
      client_certificate === 'rfc9440' && isTrusted(socket.remoteAddress)
        ? fromHeaders(ctx)
        : ofConnection(socket as TLSSocket);
    const why = found && defect(found.certificate);
    if (why) log.info({ subject: found.certificate.subject, why }, 'client certificate refused');
    return why ? undefined : found;
  };
}

/**
 * The certificate a client proved to have. One that is expired, not yet valid or of a weak key is none, for every
 * method and for binding: oidc-provider itself does not look, for `self_signed_tls_client_auth`.
 *
 * @see [RFC 8705 section 6.3 - Certificate Expiration and Bound Access Tokens](https://www.rfc-editor.org/rfc/rfc8705.html#section-6.3)
 */
export function clientCertificate({ proxy = {} }: { proxy?: ProxySettings | undefined } = {}) {
  const presented = presentedBy(proxy);
  return (ctx: Context): X509Certificate | undefined => presented(ctx)?.certificate;
}

const ipBytes = (address: string) => {
  if (isIP(address) === 0) return undefined;
  return new URL(isIP(address) === 6 ? `http://[${address}]` : `http://${address}`).hostname;
};

const sameHost = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** RFC 5321: the domain in any case, the local part as it stands. */
function sameMailbox(a: string, b: string): boolean {
  const [at, bt] = [a.lastIndexOf('@'), b.lastIndexOf('@')];
  return a.slice(0, at) === b.slice(0, bt) && sameHost(a.slice(at), b.slice(bt));
}

const kinds = {
  tls_client_auth_san_dns: ['dNSName', sameHost],
  tls_client_auth_san_uri: ['uniformResourceIdentifier', (a: string, b: string) => a === b],
  tls_client_auth_san_ip: [
    'iPAddress',
    (a: string, b: string) => ipBytes(a) !== undefined && ipBytes(a) === ipBytes(b),
  ],
  tls_client_auth_san_email: ['rfc822Name', sameMailbox],
} as const;

/**
 * Whether a certificate names the subject a client registered.
 *
 * @see [RFC 8705 section 2.1.2 - Client Registration Metadata](https://www.rfc-editor.org/rfc/rfc8705.html#section-2.1.2)
 */
export function certificateSubjectMatches(certificate: X509Certificate, property: string, expected: string): boolean {
  const { subject, alternatives } = certificateFields(certificate);
  if (property === 'tls_client_auth_subject_dn') return distinguishedNameMatches(subject, expected);
  const [kind, same] = kinds[property as keyof typeof kinds] ?? [];
  const values = kind ? alternatives.flatMap((name) => name[kind] ?? []) : [];
  return values.some((value) => same?.(value, expected));
}

/** Whatever a certificate is made of, it is refused, not an error of ours. */
function holds(check: () => boolean): boolean {
  try {
    return check();
  } catch (err) {
    log.warn({ err }, 'client certificate or registered subject cannot be read');
    return false;
  }
}

/**
 * oidc-provider's hooks for client certificates.
 *
 * @see [RFC 8705 - OAuth 2.0 Mutual-TLS](https://www.rfc-editor.org/rfc/rfc8705.html)
 */
export function mutualTls({
  authorities = [],
  proxy = {},
}: {
  authorities?: readonly X509Certificate[];
  proxy?: ProxySettings | undefined;
}): MutualTls {
  const presented = presentedBy(proxy);
  return {
    getCertificate: (ctx) => presented(ctx)?.certificate,
    certificateAuthorized(ctx) {
      const { certificate, intermediates } = presented(ctx) ?? {};
      return !!certificate && holds(() => certificateAuthorized(certificate, intermediates ?? [], authorities));
    },
    certificateSubjectMatches(ctx, property, expected) {
      const { certificate } = presented(ctx) ?? {};
      return !!certificate && holds(() => certificateSubjectMatches(certificate, property, expected));
    },
  };
}
