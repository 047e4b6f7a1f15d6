import { expect } from 'chai';

import { PemError, type PemProblem, pemBlocks, readCertificates } from '../../lib/certificates/pem.ts';
import { CertificateAuthority } from '../support/certificates.ts';

const block = (label: string, body: string) => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;

describe('PEM', () => {
  let certificate: string;

  before(async () => {
    ({ certificate } = await CertificateAuthority.root());
  });

  it('is read block by block, with the line of each, whatever stands between and before them', () => {
    const text = `\ufeffA\r\nB\r\n  ${block('ONE', 'AQID')}-----END\n${block('TWO', 'X-Header: a\nOther: b\n \nBAUG')}`;
    expect(pemBlocks(text).map(({ label, bytes, line }) => [label, bytes.toString('hex'), line])).to.deep.equal([
      ['ONE', '010203', 3],
      ['TWO', '040506', 7],
    ]);
  });

  it('holds certificates, under either name', () => {
    const other = certificate.replaceAll(' CERTIFICATE', ' X509 CERTIFICATE');
    expect(readCertificates(Buffer.from(`${certificate}\n${other}`))).to.have.length(2);
  });

  it('may hold anything else where that is to be ignored', () => {
    const text = `${block('PRIVATE KEY', 'AQID')}${certificate}`;
    expect(readCertificates(text, { others: 'ignored' })).to.have.length(1);
  });

  const bytes = (hex: string) => Buffer.from(hex, 'hex');
  const told: Record<string, [content: string | Uint8Array, ...(PemProblem | string)[]]> = {
    nothing: [' \n', 'is empty, write PEM certificates'],
    'no block': ['authorities', 'holds no PEM certificate (-----BEGIN CERTIFICATE-----)'],
    'a block cut off': ['-----BEGIN CERTIFICATE-----\n', 'has a BEGIN without its END, copy the file again whole'],
    'UTF-16 of Windows': [bytes('fffe2d00'), 'is UTF-16, write it as UTF-8'],
    'UTF-16 the other way round': [bytes('feff002d'), 'is UTF-16, write it as UTF-8'],
    'no UTF-16': [bytes('fffefe').subarray(1), 'holds no PEM certificate (-----BEGIN CERTIFICATE-----)'],
    'nor this': [bytes('ffff'), 'holds no PEM certificate (-----BEGIN CERTIFICATE-----)'],
    'DER of a certificate': [bytes('3082010030'), 'is DER, write what `openssl x509 -inform DER -in FILE` prints'],
    'DER cut off': [bytes('30'), 'is DER, write what `openssl x509 -inform DER -in FILE` prints'],
    'DER of a key, short': [
      bytes('3003020100'),
      'is a private key in DER, write what `openssl pkey -inform DER -in FILE` prints',
    ],
    'PKCS #12': [bytes('30820100020103'), 'is PKCS #12, write what `openssl pkcs12 -in FILE -noenc` prints'],
    'everything wrong at once': [
      `${block('PUBLIC KEY', 'AQID')}${block('EC PRIVATE KEY', 'AQID')}${block('CERTIFICATE', 'AQID')}`,
      { line: 1, text: 'is a PUBLIC KEY, write a certificate' },
      { line: 4, text: 'is a private key, which has no place here: write the certificate alone' },
      { line: 7, text: 'is no certificate that can be read, copy it again whole' },
    ],
  };
  for (const [what, [content, ...problems]] of Object.entries(told)) {
    it(`${what}: is refused, with what to write`, () => {
      const expected = problems.map((one) => (typeof one === 'string' ? { line: undefined, text: one } : one));
      const message = expected.map(({ line, text }) => (line ? `line ${line} ${text}` : text)).join('; ');
      expect(() => readCertificates(content))
        .to.throw(PemError, message)
        .with.property('problems')
        .deep.equal(expected);
    });
  }
});
