import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import { derValues } from './der.ts';
import { pemBlocks } from './pem.ts';

/** A certificate and the intermediates it was presented with. */
export interface Presented {
  readonly certificate: X509Certificate;
  readonly intermediates: readonly X509Certificate[];
}

/** Ways in which proxies that end TLS hand over a client's certificate. */
export const headerFormats = ['rfc9440', 'nginx', 'haproxy', 'xfcc', 'alb', 'traefik'] as const;
export type HeaderFormat = (typeof headerFormats)[number];

/** A format, and other names of its headers. */
export interface CertificateHeader {
  readonly format: HeaderFormat;
  readonly header?: string | undefined;
  readonly chain_header?: string | undefined;
}

type Decoded = readonly Buffer[];
interface Format {
  readonly header: string;
  /** The header of the certificates above the client's own, where they come in one. */
  readonly chain?: string;
  readonly decode: (value: string) => Decoded;
  readonly decodeChain?: (value: string) => Decoded;
}

function base64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  // Node's reader skips what is not base64.
  if (text === '' || bytes.toString('base64') !== text) throw new SyntaxError('not base64');
  return bytes;
}

/** RFC 8941 byte sequences: `:base64:`, parameters are ignored. */
function byteSequences(value: string): Decoded {
  return value.split(',').map((item) => {
    const bytes = /^[ \t]*:([A-Za-z0-9+/=]*):[ \t]*(?:;|$)/.exec(item)?.[1];
    if (bytes === undefined) throw new SyntaxError('not a byte sequence');
    return base64(bytes);
  });
}

const onlyCertificates = /^(?:\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----)+\s*$/;

/** PEM whose line ends and other characters are `%` escapes; `+` stands for itself. */
function escapedPem(value: string): Decoded {
  const text = decodeURIComponent(value);
  if (!onlyCertificates.test(text)) throw new SyntaxError('not PEM certificates alone');
  return pemBlocks(text).map(({ bytes }) => bytes);
}

/** DER certificates one after the other, in base64. */
const concatenatedDer = (value: string): Decoded => [...derValues(base64(value))].map(({ whole }) => whole);

/** Envoy's `x-forwarded-client-cert`: one element of `Key=value` pairs, of which the certificate or the whole chain is read. */
function xfcc(value: string): Decoded {
  const pairs = new Map<string, string>();
  // What is escaped within quotes is no PEM.
  const pair = /([A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^",;]*)(;|$)/y;
  while (pair.lastIndex < value.length) {
    const [, key = '', quoted = ''] = pair.exec(value) ?? [];
    if (!key) throw new SyntaxError('not one element of x-forwarded-client-cert');
    const name = key.toLowerCase();
    if (pairs.has(name) && name !== 'uri' && name !== 'dns') throw new SyntaxError(`${key} twice`);
    pairs.set(name, quoted.startsWith('"') ? quoted.slice(1, -1) : quoted);
  }
  const [own, above] = ['cert', 'chain'].map((name) => {
    const text = pairs.get(name);
    return text ? escapedPem(text) : [];
  }) as [Decoded, Decoded];
  if (own.length > 1 || (own[0] && above[0] && !own[0].equals(above[0])))
    throw new SyntaxError('Cert is not the first of Chain');
  return above.length > 0 ? above : own;
}

/** PEM without its first and last lines and without line ends, certificates with a comma between them. */
const bareBase64 = (value: string): Decoded => value.split(',').map((item) => base64(item.trim()));

const formats: Readonly<Record<HeaderFormat, Format>> = {
  rfc9440: { header: 'client-cert', chain: 'client-cert-chain', decode: byteSequences, decodeChain: byteSequences },
  nginx: { header: 'ssl-client-cert', decode: escapedPem },
  haproxy: {
    header: 'x-ssl-client-cert',
    chain: 'x-ssl-client-cert-chain',
    decode: concatenatedDer,
    decodeChain: concatenatedDer,
  },
  xfcc: { header: 'x-forwarded-client-cert', decode: xfcc },
  alb: { header: 'x-amzn-mtls-clientcert', decode: escapedPem },
  traefik: { header: 'x-forwarded-tls-client-cert', decode: bareBase64 },
};
/** Formats whose one header holds the chain after the client's own certificate. */
const wholeChains: readonly HeaderFormat[] = ['xfcc', 'alb', 'traefik'];

/** A format with its header names in lower case, as Node spells them. */
function namesOf({ format, header, chain_header }: CertificateHeader): { header: string; chain: string | undefined } {
  const { header: usual, chain } = formats[format];
  return { header: (header ?? usual).toLowerCase(), chain: (chain_header ?? chain)?.toLowerCase() };
}

/**
 * The names of every header that could be taken for a client's certificate, to be dropped where it is not a proxy's.
 */
export function certificateHeaderNames(setting: CertificateHeader | undefined): string[] {
  const names = headerFormats.map((format) => namesOf({ format }));
  if (setting) names.push(namesOf(setting));
  return [...new Set(names.flatMap(({ header, chain }) => [header, ...(chain ? [chain] : [])]))];
}

function once({ headersDistinct }: IncomingMessage, name: string): string | undefined {
  const [value, ...more] = headersDistinct[name] ?? [];
  if (more.length > 0) throw new SyntaxError(`${name} twice`);
  return value?.trim() || undefined;
}

/**
 * The certificate that a proxy has put into the headers of a request; `undefined` when there is none. It may stand there
 * once, alone, and as its format says.
 *
 * @throws {Error} when it cannot be read in full.
 * @see [RFC 9440 section 2 - Client-Cert and Client-Cert-Chain](https://www.rfc-editor.org/rfc/rfc9440.html#section-2)
 */
export function certificateFromHeaders(req: IncomingMessage, setting: CertificateHeader): Presented | undefined {
  const { decode, decodeChain } = formats[setting.format];
  const names = namesOf(setting);
  const value = once(req, names.header);
  const chain = names.chain ? once(req, names.chain) : undefined;
  if (!value) return undefined;
  const [own, ...more] = decode(value);
  if (!own || (more.length > 0 && !wholeChains.includes(setting.format))) throw new SyntaxError('not one certificate');
  const above = chain ? (decodeChain ?? decode)(chain) : more;
  return {
    certificate: new X509Certificate(own),
    // Some proxies repeat the client's own as the first of the chain.
    intermediates: above.filter((der) => !der.equals(own)).map((der) => new X509Certificate(der)),
  };
}
