import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

import { trustedProxies } from '../http/forwarded.ts';
import {
  type CertificateHeader,
  certificateFromHeaders,
  type HeaderFormat,
  type Presented,
} from './certificate_headers.ts';
import { defect } from './defect.ts';

/** A proxy that ends TLS, and how it hands over the certificate that a client proved to have. */
export interface ProxySettings {
  /** Addresses and networks of the proxies: `10.0.0.0/8`, `fd00::1`. */
  readonly trusted?: readonly string[] | undefined;
  /** The format of the headers, or the format and other names for its headers. */
  readonly client_certificate?: HeaderFormat | CertificateHeader | undefined;
}

/** Is told why a certificate is taken for none. */
export type TellWhy = (why: string, about: Readonly<Record<string, unknown>>) => void;

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

/** The certificate and chain of the handshake, the same for as long as the connection lasts. */
function ofConnection(socket: TLSSocket): Presented | undefined {
  if (!handshakes.has(socket)) handshakes.set(socket, fromSocket(socket));
  return handshakes.get(socket);
}

/**
 * The certificate in the headers of a request. A header that is not as its format says is taken for no certificate, and
 * `tell` is told why.
 */
function ofHeaders(req: IncomingMessage, setting: CertificateHeader, tell: TellWhy): Presented | undefined {
  try {
    return certificateFromHeaders(req, setting);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    tell(`the proxy sent what cannot be read: ${why}`, { format: setting.format });
    return undefined;
  }
}

/** The certificate of a request: from the TLS handshake, or from a trusted proxy instead of it. */
export function presentedBy(
  proxy: ProxySettings,
  tell: TellWhy = () => {},
): (req: IncomingMessage) => Presented | undefined {
  const isTrusted = trustedProxies(proxy.trusted);
  const setting = certificateHeader(proxy);
  const requests = new WeakMap<IncomingMessage, Presented | undefined>();
  const find = (req: IncomingMessage): Presented | undefined => {
    // On a connection from the proxy the certificate of the handshake is the proxy's own.
    const found =
      setting && isTrusted(req.socket.remoteAddress)
        ? ofHeaders(req, setting, tell)
        : ofConnection(req.socket as TLSSocket);
    const why = found && defect(found.certificate);
    if (why) tell(`it is ${why}`, { subject: found.certificate.subject });
    return why ? undefined : found;
  };
  return (req) => {
    // Core asks several times in one request.
    if (!requests.has(req)) requests.set(req, find(req));
    return requests.get(req);
  };
}

/** A request, as node has it or in the context of Koa. */
export type NodeRequest = IncomingMessage | { readonly req: IncomingMessage };

/**
 * The certificate a client proved to have. One that is expired, not yet valid or of a weak key is none, for every
 * method and for binding: core itself does not look, for `self_signed_tls_client_auth`.
 *
 * @param options.proxy proxies that may hand a certificate over; none by default.
 * @param options.tell is told why a certificate is taken for none; by default nobody is.
 * @example
 * const certificateOf = clientCertificate({ proxy: { trusted: ['10.0.0.0/8'], client_certificate: 'nginx' } });
 * @see [RFC 8705 section 6.3 - Certificate Expiration and Bound Access Tokens](https://www.rfc-editor.org/rfc/rfc8705.html#section-6.3)
 */
export function clientCertificate({ proxy = {}, tell }: { proxy?: ProxySettings | undefined; tell?: TellWhy } = {}) {
  const presented = presentedBy(proxy, tell);
  return (request: NodeRequest): X509Certificate | undefined =>
    presented('req' in request ? request.req : request)?.certificate;
}
