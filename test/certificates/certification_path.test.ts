import { X509Certificate } from 'node:crypto';

import { expect } from 'chai';

import { certificateAuthorized, defect, parseCertificates } from '../../lib/certificates/certification_path.ts';
import { CertificateAuthority, type CertificateRequest, rsa, selfSignedClient } from '../support/certificates.ts';
import { ExtendedKeyUsage, Extension } from '../support/x509.ts';

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

describe('RFC8705-2.1 the chain of a client certificate', () => {
  let root: CertificateAuthority;
  let intermediate: CertificateAuthority;

  before(async () => {
    root = await CertificateAuthority.root();
    intermediate = await root.intermediate();
  });

  async function authorized(
    authority: CertificateAuthority,
    request: CertificateRequest = {},
    { anchors = [root.certificate], chain }: { anchors?: string[]; chain?: readonly string[] } = {},
  ) {
    const issued = await authority.issue(request);
    const toX509 = (pem: string) => new X509Certificate(pem);
    return certificateAuthorized(toX509(issued.certificate), (chain ?? issued.chain).map(toX509), anchors.map(toX509));
  }

  it('leads to a configured authority', async () => expect(await authorized(root)).to.equal(true));

  it('leads there through an intermediate that the client presents', async () => {
    expect(await authorized(intermediate)).to.equal(true);
    expect(await authorized(intermediate, {}, { chain: [] })).to.equal(false);
  });

  it('leads there through intermediates in any order, among others', async () => {
    const [second, stranger] = await Promise.all([intermediate.intermediate('CN=Second'), CertificateAuthority.root()]);
    const { chain } = await second.issue();
    expect(await authorized(second, {}, { chain: [stranger.certificate, ...chain].reverse() })).to.equal(true);
  });

  it('may end at an intermediate that is configured', async () =>
    expect(await authorized(intermediate, {}, { anchors: [intermediate.certificate], chain: [] })).to.equal(true));

  it('does not lead from another authority of the same name', async () => {
    const impostor = await CertificateAuthority.root();
    expect(await authorized(impostor)).to.equal(false);
    expect(await authorized(impostor, {}, { chain: [impostor.certificate] })).to.equal(false);
  });

  it('does not lead from the same key under another name', async () => {
    const renamed = await root.again('CN=Renamed');
    expect(await authorized(root, {}, { anchors: [renamed.certificate] })).to.equal(false);
  });

  it('does not lead from a self-signed certificate', async () => {
    const { certificate } = await selfSignedClient({ subject: 'CN=Test Root' });
    const anchors = parseCertificates(root.certificate);
    expect(certificateAuthorized(new X509Certificate(certificate), [], anchors)).to.equal(false);
  });

  it('needs an authority to be configured', async () =>
    expect(await authorized(root, {}, { anchors: [] })).to.equal(false));

  it('does not lead through a client certificate', async () => {
    const leaf = await root.pretendingToIssue();
    expect(await authorized(leaf)).to.equal(false);
  });

  it('is no longer than its authorities allow', async () => {
    const leafOnly = await root.intermediate('CN=Issues Clients Only', { pathLength: 0 });
    expect(await authorized(leafOnly)).to.equal(true);
    expect(await authorized(await leafOnly.intermediate('CN=One Too Many'))).to.equal(false);
  });

  for (const [what, period] of Object.entries({
    expired: { notAfter: past },
    'not yet valid': { notBefore: future },
  })) {
    it(`needs the client certificate not to be ${what}`, async () =>
      expect(await authorized(root, period)).to.equal(false));

    it(`needs the intermediate not to be ${what}`, async () =>
      expect(await authorized(await root.intermediate('CN=Other', period))).to.equal(false));

    it(`needs the authority not to be ${what}`, async () => {
      const old = await CertificateAuthority.root('CN=Old', period);
      expect(await authorized(old, {}, { anchors: [old.certificate] })).to.equal(false);
    });
  }

  it('needs a certificate for clients where it says what it is for', async () => {
    expect(await authorized(root, { usages: [ExtendedKeyUsage.serverAuth] })).to.equal(false);
    expect(await authorized(root, { usages: null })).to.equal(true);
    expect(await authorized(root, { usages: [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth] })).to.equal(
      true,
    );
  });

  it('RFC 5280 section 4.2 refuses a critical extension it does not process', async () => {
    const nameConstraints = (critical: boolean) => new Extension('2.5.29.30', critical, new Uint8Array([0x30, 0x00]));
    expect(await authorized(root, { extensions: [nameConstraints(true)] })).to.equal(false);
    expect(await authorized(root, { extensions: [nameConstraints(false)] })).to.equal(true);
    const constrained = await root.intermediate('CN=Constrained', { extensions: [nameConstraints(true)] });
    expect(await authorized(constrained)).to.equal(false);
  });

  it('FAPI2-SP-FINAL-5.4.1-2 needs RSA keys of 2048 bits, the authority’s too', async () => {
    expect(await authorized(root, { algorithm: rsa(2048) })).to.equal(true);
    expect(await authorized(root, { algorithm: rsa(1024) })).to.equal(false);
    const weak = await CertificateAuthority.root('CN=Weak', { algorithm: rsa(1024) });
    expect(await authorized(weak, {}, { anchors: [weak.certificate] })).to.equal(false);
  });

  it('RFC8705-2.1 is not signed with SHA-1, but for the authority, which is trusted without a signature', async () => {
    expect(await authorized(root, { hash: 'SHA-1' })).to.equal(false);
    expect(await authorized(await root.intermediate('CN=Old', { hash: 'SHA-1' }))).to.equal(false);
    const old = await CertificateAuthority.root('CN=Old', { hash: 'SHA-1' });
    expect(await authorized(old, {}, { anchors: [old.certificate] })).to.equal(true);
  });

  it('takes no time over intermediates that all issue one another', async () => {
    const loop = await CertificateAuthority.root('CN=Loop');
    const chain = await Promise.all(Array.from({ length: 40 }, async () => (await loop.again()).certificate));
    expect(await authorized(loop, {}, { chain })).to.equal(false);
  }).timeout(10_000);
});

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
});
