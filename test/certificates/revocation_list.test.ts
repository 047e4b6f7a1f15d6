import { expect } from 'chai';

import { PemError } from '../../lib/certificates/pem.ts';
import { readRevocationList, readRevocationLists } from '../../lib/certificates/revocation_list.ts';

const tlv = (tag: string, ...parts: string[]) => {
  const content = parts.join('');
  return `${tag}${(content.length / 2).toString(16).padStart(2, '0')}${content}`;
};
const sequence = (...parts: string[]) => tlv('30', ...parts);

const [ecdsa, rsa] = [sequence('06082a8648ce3d040302'), sequence('06092a864886f70d01010b', '0500')];
const [issuer, time, later] = [
  sequence(),
  tlv('17', '3236313132373030303030305a'),
  tlv('18', '32303236313132383030303030305a'),
];
const entry = (...parts: string[]) => sequence(sequence('020107', time, ...parts));
const extensions = (critical: string) => sequence(sequence('0603551d1d', critical, '04023000'));
const critical = '0101ff';
const signature = '030200ff';
const list = (parts: string[], [algorithm, signed] = [ecdsa, signature]) =>
  Buffer.from(sequence(sequence(...parts), algorithm ?? '', signed ?? ''), 'hex');

describe('RFC5280-5.1 a revocation list', () => {
  it('may leave out what is optional', () => {
    const { issuer: name, thisUpdate, nextUpdate, revoked, scope } = readRevocationList(list([ecdsa, issuer, time]));
    expect([name, thisUpdate, nextUpdate, [...revoked]]).to.deep.equal(['', Date.UTC(2026, 10, 27), Number.NaN, []]);
    expect(scope.distributionPoint).to.equal(undefined);
  });

  it('is read with all of it, up to what was signed', () => {
    const parts = ['020101', ecdsa, issuer, time, later, entry(extensions('')), tlv('a0', sequence())];
    const read = readRevocationList(list(parts));
    expect([read.nextUpdate, [...read.revoked]]).to.deep.equal([Date.UTC(2026, 10, 28), ['07']]);
    expect([read.signed.toString('hex'), read.signature.toString('hex')]).to.deep.equal([sequence(...parts), 'ff']);
    expect(read.algorithm.algorithm).to.equal('1.2.840.10045.4.3.2');
  });

  const only = (hex: string) => tlv('a0', sequence(sequence('0603551d1c', critical, tlv('04', hex))));
  const relative = tlv('a1', sequence('0603550403', '0c0161'));
  const refused: Record<string, Buffer> = {
    'is no revocation list that can be read': list([ecdsa, issuer, time, '0500']),
    'names two signature algorithms': list([ecdsa, issuer, time], [rsa, signature]),
    'has an entry without a serial number': list([ecdsa, issuer, time, sequence(sequence('0500', time))]),
    'has an entry with a critical extension, which is not known here': list([
      ...[ecdsa, issuer, time, entry(extensions(critical))],
    ]),
    'is for attribute certificates only': list([ecdsa, issuer, time, only('30038501ff')]),
    'has a distribution point without a full name': list([ecdsa, issuer, time, only(sequence(tlv('a0', relative)))]),
    'not the DER value that is expected': Buffer.concat([list([ecdsa, issuer, time]), Buffer.from('0500', 'hex')]),
  };
  for (const [why, der] of Object.entries(refused)) {
    it(`${why}: is refused`, () => {
      expect(() => readRevocationList(der)).to.throw(SyntaxError, why);
      expect(() => readRevocationLists(der)).to.throw(PemError, why);
    });
  }

  it('is refused without a signature, or of one that does not end with a byte', () => {
    for (const odd of ['', '030201fe']) {
      expect(() => readRevocationList(list([ecdsa, issuer, time], [ecdsa, odd]))).to.throw(SyntaxError, /^is no/);
    }
  });

  it('is refused with what it is instead, and what cannot be read with words of ours', () => {
    const pem = (label: string, der: Buffer) =>
      `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`;
    const odd = list([ecdsa, issuer, tlv('17', '00')]);
    const text = `${pem('CERTIFICATE', odd)}${pem('X509 CRL', odd)}`;
    expect(() => readRevocationLists(Buffer.from(text)))
      .to.throw(PemError)
      .with.property('problems')
      .deep.equal([
        { line: 1, text: 'is a CERTIFICATE, write a revocation list (X509 CRL)' },
        { line: 4, text: 'is no revocation list that can be read' },
      ]);
    expect(() => readRevocationLists(Buffer.from('none')))
      .to.throw(PemError)
      .with.property('problems')
      .deep.equal([{ line: undefined, text: 'holds no revocation list (-----BEGIN X509 CRL-----)' }]);
  });
});
