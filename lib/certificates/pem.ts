import { X509Certificate } from 'node:crypto';

/** One `BEGIN` to `END` of a PEM text. */
export interface PemBlock {
  /** The word after BEGIN: `CERTIFICATE`, `X509 CRL`, `PRIVATE KEY` ... */
  readonly label: string;
  readonly bytes: Buffer;
  /** Line of `BEGIN`, the first line of the text being 1. */
  readonly line: number;
}

/** Something in a PEM text that cannot be used, and what to write instead. */
export interface PemProblem {
  /** `undefined` where the text as a whole is meant. */
  readonly line: number | undefined;
  readonly text: string;
}

/** Thrown with every problem of a PEM text at once. */
export class PemError extends SyntaxError {
  override readonly name = 'PemError';
  readonly problems: readonly PemProblem[];

  constructor(problems: readonly PemProblem[]) {
    super(problems.map(({ line, text }) => (line === undefined ? text : `line ${line} ${text}`)).join('; '));
    this.problems = problems;
  }
}

// OpenSSL takes blanks at the ends of lines and any line ends, so do others' files have them.
const block = /^[ \t]*-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\r?\n?([\s\S]*?)-----END \1-----/gm;

/**
 * Every PEM block of a text, whatever stands between them (`openssl x509 -text` prints, comments, byte order marks).
 *
 * @throws {PemError} when a block begins and does not end.
 */
export function pemBlocks(text: string): PemBlock[] {
  const lines = text.replace(/\r\n?/g, '\n').replace(/^\uFEFF/, '');
  const blocks = [...lines.matchAll(block)].map(({ 1: label = '', 2: body = '', index }) => ({
    label,
    // Headers of RFC 1421 end with an empty line.
    bytes: Buffer.from(body.replace(/^[\s\S]*:[\s\S]*?\n[ \t]*\n/, ''), 'base64'),
    line: lines.slice(0, index).split('\n').length,
  }));
  if ((text.match(/-----BEGIN /g)?.length ?? 0) > blocks.length) {
    throw new PemError([{ line: undefined, text: 'has a BEGIN without its END, copy the file again whole' }]);
  }
  return blocks;
}

const instead: Readonly<Record<string, string>> = {
  'TRUSTED CERTIFICATE': 'is a TRUSTED CERTIFICATE of OpenSSL, write what `openssl x509 -in FILE` prints',
  PKCS7: 'is PKCS #7, write what `openssl pkcs7 -print_certs -in FILE` prints',
  CMS: 'is CMS, write what `openssl pkcs7 -print_certs -in FILE` prints',
  'CERTIFICATE REQUEST': 'is a certificate request, write the certificate that was issued for it',
  'X509 CRL': 'is a revocation list, write a certificate here and the list under mtls.crl',
};

function foreign(label: string): string {
  if (label.includes('PRIVATE KEY')) return 'is a private key, which has no place here: write the certificate alone';
  return instead[label] ?? `is a ${label}, write a certificate`;
}

/** DER by what it begins with: a version of PKCS #12 or PKCS #8, or the sequence that is a certificate's. */
function derInstead(content: Uint8Array): string {
  const length = content[1] ?? 0;
  const first = length & 0x80 ? 2 + (length & 0x7f) : 2;
  if (content[first] !== 0x02) return 'is DER, write what `openssl x509 -inform DER -in FILE` prints';
  return content[first + 2] === 3
    ? 'is PKCS #12, write what `openssl pkcs12 -in FILE -noenc` prints'
    : 'is a private key in DER, write what `openssl pkey -inform DER -in FILE` prints';
}

/** The file as text, or what it is instead. UTF-16 is what PowerShell's redirection writes. */
export function pemText(content: string | Uint8Array): string {
  if (typeof content === 'string') return content;
  const [first, second] = content;
  if (first === 0x30) throw new PemError([{ line: undefined, text: derInstead(content) }]);
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new PemError([{ line: undefined, text: 'is UTF-16, write it as UTF-8' }]);
  }
  return Buffer.from(content).toString('utf8');
}

/**
 * Every certificate of a PEM file, in its order.
 *
 * @param options.others blocks that are no certificates are refused, unless they are to be `ignored`.
 * @throws {PemError} when the file holds none, or holds anything else: every problem with its line.
 */
export function readCertificates(
  content: string | Uint8Array,
  { others = 'refused' }: { others?: 'refused' | 'ignored' } = {},
): X509Certificate[] {
  const text = pemText(content);
  if (text.trim() === '') throw new PemError([{ line: undefined, text: 'is empty, write PEM certificates' }]);
  const problems: PemProblem[] = [];
  const blocks = pemBlocks(text);
  const certificates = blocks.flatMap(({ label, bytes, line }) => {
    if (label !== 'CERTIFICATE' && label !== 'X509 CERTIFICATE') {
      if (others === 'refused') problems.push({ line, text: foreign(label) });
      return [];
    }
    try {
      return [new X509Certificate(bytes)];
    } catch {
      problems.push({ line, text: 'is no certificate that can be read, copy it again whole' });
      return [];
    }
  });
  if (certificates.length + problems.length === 0) {
    problems.push({ line: undefined, text: 'holds no PEM certificate (-----BEGIN CERTIFICATE-----)' });
  }
  if (problems.length > 0) throw new PemError(problems);
  return certificates;
}
