import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import type { Client, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { z } from 'zod';

import { trustedProxies } from '../http/forwarded.ts';
import { log } from '../log.ts';
import { cidr, headerName } from '../values.ts';
import {
  type CertificateHeader,
  certificateFromHeaders,
  headerFormats,
  type Presented,
} from './certificate_headers.ts';
import { defect, type PathCheck, unauthorized } from './certification_path.ts';
import { certificateSubjectMatches } from './subject.ts';

type Feature = NonNullable<NonNullable<Configuration['features']>['mTLS']>;
type Hook = 'getCertificate' | 'certificateAuthorized' | 'certificateSubjectMatches';
type MutualTls = { [Name in Hook]: NonNullable<Feature[Name & keyof Feature]> };

/** Settings of a proxy that ends TLS, and how it hands over the certificate that a client proved to have. */
export const proxySettings = z.strictObject({
  trusted: z
    .array(cidr)
    .min(1, 'lists nobody, write for example [10.0.0.0/8]')
    .describe('addresses of the proxies that may speak for a client'),
  client_certificate: z
    .union([
      z.enum(headerFormats),
      z.strictObject({
        format: z.enum(headerFormats).describe('how the headers are written'),
        header: headerName.optional().describe('name of the header of the certificate, when it is another one'),
        chain_header: headerName.optional().describe('name of the header of the chain, when it is another one'),
      }),
    ])
    .optional()
    .describe(
      'how the proxy hands over the client certificate: rfc9440 (Client-Cert), nginx, haproxy, xfcc (Envoy), alb or traefik',
    ),
});

export type ProxySettings = Partial<z.input<typeof proxySettings>>;

/**
 * Refuses a certificate for reasons of a deployment's own: whatever it answers but `true` refuses, and so does an error. It is
 * asked after everything else is right. `client` is `undefined` where core does not know it yet, as at userinfo.
 */
export type AcceptCertificate = (
  ctx: KoaContextWithOIDC,
  certificate: X509Certificate,
  client: Client | undefined,
) => boolean;

/** The setting in its long form. */
export function certificateHeader({ client_certificate: setting }: ProxySettings): CertificateHeader | undefined {
  return typeof setting === 'string' ? { format: setting } : setting;
}

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

const handshakes = new WeakMap<TLSSocket, Presented | undefined>();

/** What came with the handshake; it stays what it was for as long as the connection lasts. */
function ofConnection(socket: TLSSocket): Presented | undefined {
  if (!handshakes.has(socket)) handshakes.set(socket, fromSocket(socket));
  return handshakes.get(socket);
}

/** A header that is not as it has to be is no certificate, and the operator is told. */
function ofHeaders(req: IncomingMessage, setting: CertificateHeader): Presented | undefined {
  try {
    return certificateFromHeaders(req, setting);
  } catch (error) {
    const why = error instanceof Error ? error.message : undefined;
    log.warn({ why, format: setting.format }, 'the proxy sent a client certificate that cannot be read');
    return undefined;
  }
}

/** What came with the request, by whoever may say so: the TLS handshake, or a trusted proxy instead of it. */
function presentedBy(proxy: ProxySettings): (req: IncomingMessage) => Presented | undefined {
  const isTrusted = trustedProxies(proxy.trusted);
  const setting = certificateHeader(proxy);
  const requests = new WeakMap<IncomingMessage, Presented | undefined>();
  const find = (req: IncomingMessage): Presented | undefined => {
    // On a connection from the proxy the certificate of the handshake is the proxy's own.
    const found =
      setting && isTrusted(req.socket.remoteAddress) ? ofHeaders(req, setting) : ofConnection(req.socket as TLSSocket);
    const why = found && defect(found.certificate);
    if (why) log.info({ subject: found.certificate.subject, why }, 'client certificate refused');
    return why ? undefined : found;
  };
  return (req) => {
    // Core asks several times in one request.
    if (!requests.has(req)) requests.set(req, find(req));
    return requests.get(req);
  };
}

/** A request, as node has it or in the context of Koa. */
type Request = IncomingMessage | { readonly req: IncomingMessage };

/**
 * The certificate a client proved to have. One that is expired, not yet valid or of a weak key is none, for every
 * method and for binding: core itself does not look, for `self_signed_tls_client_auth`.
 *
 * @see [RFC 8705 section 6.3 - Certificate Expiration and Bound Access Tokens](https://www.rfc-editor.org/rfc/rfc8705.html#section-6.3)
 */
export function clientCertificate({ proxy = {} }: { proxy?: ProxySettings | undefined } = {}) {
  const presented = presentedBy(proxy);
  return (request: Request): X509Certificate | undefined =>
    presented('req' in request ? request.req : request)?.certificate;
}

/** Whatever a certificate is made of, it is refused, not an error of ours. */
function refusing(judge: () => string | undefined): string | undefined {
  try {
    return judge();
  } catch (error) {
    return `it cannot be read: ${error instanceof Error ? error.message : 'unknown'}`;
  }
}

/**
 * Core's hooks for client certificates.
 *
 * @see [RFC 8705 - OAuth 2.0 Mutual-TLS](https://www.rfc-editor.org/rfc/rfc8705.html)
 */
export function mutualTls({
  authorities = [],
  proxy = {},
  accept,
  check,
}: {
  authorities?: readonly X509Certificate[];
  proxy?: ProxySettings | undefined;
  accept?: AcceptCertificate | undefined;
  /** What else has to be true of a path, such as that nothing in it is revoked. */
  check?: PathCheck | undefined;
}): MutualTls {
  const presented = presentedBy(proxy);
  const judged = (ctx: KoaContextWithOIDC, judge: (found: Presented) => string | undefined): Presented | undefined => {
    const found = presented(ctx.req);
    const why = found && refusing(() => judge(found));
    if (why)
      log.info(
        { subject: found.certificate.subject, client: ctx.oidc?.client?.clientId, why },
        'client certificate refused',
      );
    return why ? undefined : found;
  };
  return {
    getCertificate: (ctx) =>
      judged(ctx, ({ certificate }) =>
        !accept || accept(ctx, certificate, ctx.oidc?.client) === true ? undefined : 'accept() has not answered true',
      )?.certificate,
    certificateAuthorized: (ctx) =>
      judged(ctx, ({ certificate, intermediates }) =>
        unauthorized(certificate, intermediates, authorities, { check }),
      ) !== undefined,
    certificateSubjectMatches: (ctx, property, expected) =>
      judged(ctx, ({ certificate }) =>
        certificateSubjectMatches(certificate, property, expected) ? undefined : `it does not match ${property}`,
      ) !== undefined,
  };
}
