import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';

import { expect } from 'chai';

import { defect } from '../../lib/certificates/defect.ts';
import { type CertificateRequest, rsa, selfSignedClient } from '../support/certificates.ts';

// Web Crypto makes no such key.
const p192 = `-----BEGIN CERTIFICATE-----
MIIBVTCCAQugAwIBAgIUESWTfyD7H90kSsBvE6NT1NnIlpswCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEd2VhazAgFw0yNjExMjMwNDE5NDBaGA8yMTI2MTAzMDA0MTk0
MFowDzENMAsGA1UEAwwEd2VhazBJMBMGByqGSM49AgEGCCqGSM49AwEBAzIABOFg
nDdS6QeyRkXD/fBCk4zyuTMjoVN4KF4TRcUeTVgv2IzZOo6EXJHrwIVHGJyLtqNT
MFEwHQYDVR0OBBYEFAt+GV/vqbsVonQ4F+Br+hD0HK9qMB8GA1UdIwQYMBaAFAt+
GV/vqbsVonQ4F+Br+hD0HK9qMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID
OAAwNQIYHD3Gc28dqIiPw9MggviQJT79ECcsSCfaAhkAmaTSNa8NSYLbHHbKwwKN
nlqyL+P6qjzH
-----END CERTIFICATE-----`;

const hour = 60 * 60 * 1000;
const past = new Date(Date.now() - hour);
const future = new Date(Date.now() + hour);

describe('What is wrong with a certificate by itself', () => {
  const reasons: [string, CertificateRequest, string | undefined][] = [
    ['an EC key', {}, undefined],
    ['an RSA key of 2048 bits', { algorithm: rsa(2048) }, undefined],
    ['FAPI2-SP-FINAL-5.4.1-2 an RSA key of 1024 bits', { algorithm: rsa(1024) }, 'RSA key of less than 2048 bits'],
    ['RFC8705-7.2 a period that is over', { notAfter: past }, 'expired'],
    ['a period that has not begun', { notBefore: future }, 'not yet valid'],
  ];
  for (const [what, request, why] of reasons) {
    it(`${what}: ${why ?? 'nothing'}`, async () =>
      expect(defect(new X509Certificate((await selfSignedClient(request)).certificate))).to.equal(why));
  }

  it('FAPI2-SP-FINAL-5.4.1-3 an elliptic curve of 192 bits', () =>
    expect(defect(new X509Certificate(p192), new Date('2030-01-01'))).to.equal(
      'elliptic curve key of less than 224 bits',
    ));

  it('RFC5280-4.1.2.5 a period that cannot be read never lets it pass', async () => {
    const { certificate } = await selfSignedClient();
    const good = new X509Certificate(certificate);
    for (const field of ['validTo', 'validFrom']) {
      const odd = Object.create(good, { [field]: { value: 'Bad time value' }, publicKey: { value: good.publicKey } });
      expect(defect(odd as X509Certificate)).to.equal('of a period that cannot be read');
    }
  });

  it('RFC5280-4.1.2.5 is valid in the first and the last second of its period', async () => {
    const good = new X509Certificate((await selfSignedClient()).certificate);
    for (const moment of [good.validFrom, good.validTo]) expect(defect(good, new Date(moment))).to.equal(undefined);
  });

  const options = { modulusLength: 2048, hashAlgorithm: 'sha1', mgf1HashAlgorithm: 'sha1' };
  const keys: Record<string, [() => KeyObject, string | undefined]> = {
    'RSA-PSS for SHA-1': [() => generateKeyPairSync('rsa-pss', options).publicKey, 'RSA-PSS key for sha1'],
    'RSA-PSS for any': [() => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey, undefined],
    'EC of 224 bits': [() => generateKeyPairSync('ec', { namedCurve: 'secp224r1' }).publicKey, undefined],
    'EC of 384 bits': [() => generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey, undefined],
    Ed25519: [() => generateKeyPairSync('ed25519').publicKey, undefined],
    Ed448: [() => generateKeyPairSync('ed448').publicKey, undefined],
    X25519: [() => generateKeyPairSync('x25519').publicKey, 'key of type x25519'],
    'that Node cannot read': [
      () => {
        throw new Error('unsupported');
      },
      'key of an unknown type',
    ],
  };
  for (const [what, [key, why]] of Object.entries(keys)) {
    it(`a key ${what}: ${why ?? 'nothing'}`, async () => {
      const good = new X509Certificate((await selfSignedClient()).certificate);
      const { validFrom, validTo } = good;
      const odd = Object.create(good, {
        ...{ validFrom: { value: validFrom }, validTo: { value: validTo }, publicKey: { get: key } },
      });
      expect(defect(odd as X509Certificate)).to.equal(why);
    });
  }
});
