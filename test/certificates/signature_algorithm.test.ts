import { constants, generateKeyPairSync, sign } from 'node:crypto';

import { AsnConvert } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';
import { expect } from 'chai';

import { isSignedBy, signatureAlgorithm } from '../../lib/certificates/signature_algorithm.ts';

const sequence = (...parts: string[]) => {
  const content = parts.join('');
  return `30${(content.length / 2).toString(16).padStart(2, '0')}${content}`;
};
const read = (hex: string) => AsnConvert.parse(Buffer.from(hex, 'hex'), AlgorithmIdentifier);
const explicit = (number: number, part: string) =>
  `a${number}${(part.length / 2).toString(16).padStart(2, '0')}${part}`;
const [sha256, sha512] = [sequence('0609608648016503040201'), sequence('0609608648016503040203')];
const mask = (hash: string) => explicit(1, sequence('06092a864886f70d010108', hash));
const pss = (...parameters: string[]) => read(sequence('06092a864886f70d01010a', ...parameters));
const pss256 = pss(sequence(explicit(0, sha256), mask(sha256), explicit(2, '020120')));

describe('RFC4055-3.1 the parameters of RSASSA-PSS', () => {
  it('are those of one hash, with a salt', () =>
    expect(signatureAlgorithm(pss256)).to.deep.equal({ hash: 'sha256', saltLength: 32 }));

  const refused = {
    'left out': pss(),
    'empty, which stands for SHA-1': pss(sequence()),
    'with the mask of another hash': pss(sequence(explicit(0, sha256), mask(sha512))),
    'that cannot be read': pss('0500'),
  };
  for (const [what, identifier] of Object.entries(refused)) {
    it(`${what} are refused`, () => expect(signatureAlgorithm(identifier)).to.equal(undefined));
  }
});

describe('A signature over a list', () => {
  const data = Buffer.from('signed');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const rsa256 = read(sequence('06092a864886f70d01010b', '0500'));
  const ec256 = read(sequence('06082a8648ce3d040302'));
  const rsaSha1 = read(sequence('06092a864886f70d010105', '0500'));

  it('is verified by the algorithm that is named', () => {
    expect(isSignedBy(ec.publicKey, ec256, data, sign('sha256', data, ec.privateKey))).to.equal(true);
    expect(isSignedBy(rsa.publicKey, rsa256, data, sign('sha256', data, rsa.privateKey))).to.equal(true);
    const signature = sign('sha256', data, { key: rsa.privateKey, ...padding });
    expect(isSignedBy(rsa.publicKey, pss256, data, signature)).to.equal(true);
    expect(isSignedBy(rsa.publicKey, rsa256, data, signature)).to.equal(false);
  });

  it('is refused over anything else, by SHA-1, and by a key of another kind', () => {
    expect(isSignedBy(ec.publicKey, ec256, data, sign('sha256', Buffer.from('x'), ec.privateKey))).to.equal(false);
    expect(isSignedBy(rsa.publicKey, rsaSha1, data, sign('sha1', data, rsa.privateKey))).to.equal(false);
    expect(isSignedBy(ec.publicKey, rsa256, data, sign('sha256', data, rsa.privateKey))).to.equal(false);
    const ed = generateKeyPairSync('ed25519');
    expect(isSignedBy(ed.publicKey, rsa256, data, sign(null, data, ed.privateKey))).to.equal(false);
  });
});
