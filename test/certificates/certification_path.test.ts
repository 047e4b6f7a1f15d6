import { X509Certificate } from 'node:crypto';

import { expect } from 'chai';

import { unauthorized } from '../../lib/certificates/certification_path.ts';
import { readCertificates } from '../../lib/certificates/pem.ts';
import {
  CertificateAuthority,
  type CertificateRequest,
  rsa,
  rsaPss,
  selfSignedClient,
} from '../support/certificates.ts';
import { ExtendedKeyUsage, Extension, KeyUsageFlags } from '../support/x509.ts';

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
    return (
      unauthorized(toX509(issued.certificate), (chain ?? issued.chain).map(toX509), anchors.map(toX509)) === undefined
    );
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
    const anchors = readCertificates(root.certificate);
    expect(unauthorized(new X509Certificate(certificate), [], anchors)).to.match(/^no configured authority/);
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
    const unknown = (critical: boolean) => new Extension('1.3.6.1.4.1.99999.1', critical, new Uint8Array([0x30, 0x00]));
    expect(await authorized(root, { extensions: [unknown(true)] })).to.equal(false);
    expect(await authorized(root, { extensions: [unknown(false)] })).to.equal(true);
    const marked = await root.intermediate('CN=Marked', { extensions: [unknown(true)] });
    expect(await authorized(marked)).to.equal(false);
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

  it('RFC4055-3 is not signed by RSASSA-PSS with SHA-1', async () => {
    const pss = await CertificateAuthority.root('CN=PSS', { algorithm: rsaPss });
    const anchors = [pss.certificate];
    expect(await authorized(pss, {}, { anchors })).to.equal(true);
    const sha1 = await CertificateAuthority.root('CN=PSS', { algorithm: { ...rsaPss, hash: 'SHA-1' } });
    expect(await authorized(sha1, {}, { anchors: [sha1.certificate] })).to.equal(false);
  });

  it('RFC5280-4.2 is refused with an extension twice: one may be read while the other one holds', async () => {
    const extension = new Extension('1.3.6.1.4.1.99999.1', false, new Uint8Array([0x30, 0x00]));
    const { certificate } = await root.issue({ extensions: [extension, extension] });
    expect(() => unauthorized(new X509Certificate(certificate), [], [])).to.throw(SyntaxError, 'an extension twice');
  });

  it('has a key that is for signatures, where it says what for', async () => {
    expect(await authorized(root, { keyUsage: KeyUsageFlags.keyAgreement })).to.equal(false);
    expect(await authorized(root, { keyUsage: null })).to.equal(true);
  });

  it('tells the reason why it leads nowhere', async () => {
    const subject = `C=SE, O=${'x'.repeat(300)}, CN=Gone`;
    const expired = await root.intermediate(subject, { notAfter: past });
    const spaced = await root.intermediate('CN=Two  spaces', { notAfter: past });
    const reasons: [CertificateAuthority, CertificateRequest, string][] = [
      [expired, {}, `its authority ${`C=SE O=${'x'.repeat(300)}`.slice(0, 200)} is expired`],
      [spaced, {}, 'its authority CN=Two spaces is expired'],
      [root, { notAfter: past }, 'it is expired'],
      [root, { hash: 'SHA-1' }, 'it is signed by an algorithm that is not in use any more'],
      [root, { usages: [ExtendedKeyUsage.serverAuth] }, 'it is not for clients'],
      [root, { keyUsage: KeyUsageFlags.keyAgreement }, 'it has a key that is for something else'],
    ];
    for (const [authority, request, why] of reasons) {
      const { certificate, chain } = await authority.issue(request);
      const toX509 = (pem: string) => new X509Certificate(pem);
      expect(unauthorized(toX509(certificate), chain.map(toX509), [toX509(root.certificate)])).to.equal(why);
    }
  });

  it('takes no time over intermediates that all issue one another', async () => {
    const loop = await CertificateAuthority.root('CN=Loop');
    const chain = await Promise.all(Array.from({ length: 40 }, async () => (await loop.again()).certificate));
    expect(await authorized(loop, {}, { chain })).to.equal(false);
  }).timeout(10_000);
});
