import { X509Certificate } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { unauthorized } from '../../lib/certificates/certification_path.ts';
import { PemError } from '../../lib/certificates/pem.ts';
import { revocationCheck, revokedIn } from '../../lib/certificates/revocation.ts';
import { readRevocationLists } from '../../lib/certificates/revocation_list.ts';
import { CertificateAuthority, type Issued, type ListRequest } from '../support/certificates.ts';
import { openssl, opensslVerdict } from '../support/openssl.ts';
import { Extension } from '../support/x509.ts';

const hour = 60 * 60 * 1000;
const x509 = (pem: string) => new X509Certificate(pem);
const der = (pem: string) => Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');

describe('RFC 5280 section 6.3: revocation lists', () => {
  let root: CertificateAuthority;
  let intermediate: CertificateAuthority;
  let client: Issued;

  before(async () => {
    root = await CertificateAuthority.root();
    intermediate = await root.intermediate();
    client = await intermediate.issue();
  });

  /** Our verdict; OpenSSL's has to be the same. */
  async function verdict(lists: readonly string[], issued = client) {
    const anchors = [root.certificate];
    const read = lists.flatMap((pem) => readRevocationLists(Buffer.from(pem)));
    const check = (path: readonly X509Certificate[], now: Date) => revokedIn(path, read, anchors.map(x509), now);
    const { certificate, chain } = issued;
    const ours = unauthorized(x509(certificate), chain.map(x509), anchors.map(x509), { check });
    const theirs = await opensslVerdict({ certificate, chain, anchors, lists });
    expect(ours === undefined, `OpenSSL: ${theirs}, we: ${ours}`).to.equal(theirs === undefined);
    return ours;
  }

  const ofBoth = async (own: ListRequest = {}, above: ListRequest = {}) =>
    Promise.all([intermediate.revocationList(own), root.revocationList(above)]);

  it('let a client pass that is on none', async () => expect(await verdict(await ofBoth())).to.equal(undefined));

  it('that name others let a client pass', async () => {
    const others = await Promise.all(Array.from({ length: 5 }, () => intermediate.issue()));
    const revoked = others.map(({ certificate }) => certificate);
    expect(await verdict(await ofBoth({ revoked }))).to.equal(undefined);
  });

  it('refuse a client that is revoked', async () =>
    expect(await verdict(await ofBoth({ revoked: [client.certificate] }))).to.equal('it is revoked'));

  it('refuse a client whose authority is revoked', async () => {
    const [revoked = ''] = client.chain;
    expect(await verdict(await ofBoth({}, { revoked: [revoked] }))).to.equal('of its authority: it is revoked');
  });

  it('have to be there for every authority', async () => {
    expect(await verdict([await root.revocationList()])).to.equal('there is no revocation list of its authority');
    expect(await verdict([await intermediate.revocationList()])).to.match(/^of its authority: there is no/);
  });

  it('refuse when they are past their nextUpdate, or not yet good', async () => {
    const old = { thisUpdate: new Date(Date.now() - 2 * hour), nextUpdate: new Date(Date.now() - hour) };
    expect(await verdict(await ofBoth(old))).to.match(/out of date/);
    const early = { thisUpdate: new Date(Date.now() + hour), nextUpdate: new Date(Date.now() + 2 * hour) };
    expect(await verdict(await ofBoth(early))).to.match(/out of date/);
  });

  it('count when they are signed by the right authority only', async () => {
    const impostor = await (await CertificateAuthority.root()).intermediate();
    expect(await verdict([await impostor.revocationList(), await root.revocationList()])).to.match(/not signed by it/);
    const [list = '', above = ''] = await ofBoth();
    const bytes = der(list);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    const forged = `-----BEGIN X509 CRL-----\n${bytes.toString('base64')}\n-----END X509 CRL-----`;
    const refusal = (() => {
      try {
        return revokedIn(
          [root.certificate, ...client.chain, client.certificate].map(x509),
          [forged, above].flatMap((pem) => readRevocationLists(Buffer.from(pem))),
          [],
          new Date(),
        );
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).to.not.equal(undefined);
  });

  it('for authorities only, or for others only, are about those', async () => {
    const only = (der: string) => [new Extension('2.5.29.28', true, Buffer.from(der, 'hex'))];
    expect(
      await verdict(await ofBoth({ extensions: only('30038101ff') }, { extensions: only('30038201ff') })),
    ).to.equal(undefined);
    expect(await verdict(await ofBoth({ extensions: only('30038201ff') }))).to.match(/no revocation list/);
  });

  it('that are out of scope are told when they are read', async () => {
    const cases = {
      'is a delta list': new Extension('2.5.29.27', true, Buffer.from('020101', 'hex')),
      'is an indirect list': new Extension('2.5.29.28', true, Buffer.from('30038401ff', 'hex')),
      'is for some reasons': new Extension('2.5.29.28', true, Buffer.from('300483020640', 'hex')),
      'has a critical extension': new Extension('1.3.6.1.4.1.99999.1', true, Buffer.from('0500', 'hex')),
    };
    for (const [told, extension] of Object.entries(cases)) {
      const list = await root.revocationList({ extensions: [extension] });
      expect(() => readRevocationLists(Buffer.from(list)), told).to.throw(PemError, told);
    }
  });

  it('are read as OpenSSL writes them, PEM and DER, of 20,000 entries', async () => {
    const index = Array.from(
      { length: 20_000 },
      (_, n) =>
        `R\t301127000000Z\t261101000000Z\t${(0x1_000_000 + n * 2).toString(16).padStart(8, '0')}\tunknown\t/CN=a\n`,
    );
    const config =
      '[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=30\n';
    const { certificate, key } = await root.keyPair();
    const args = ['ca', '-config', '{config}', '-gencrl', '-keyfile', '{key}', '-cert', '{certificate}'];
    const pem = await openssl(args, { config, index: index.join(''), number: '01\n', key, certificate });
    const [list] = readRevocationLists(Buffer.from(pem));
    expect(list?.revoked.size).to.equal(20_000);
    expect(list?.revoked.has('01000002')).to.equal(true);
    expect(readRevocationLists(der(pem.slice(pem.indexOf('-----BEGIN'))))[0]?.revoked.size).to.equal(20_000);
  });

  describe('in files', () => {
    let folder: string;
    let file: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'crl-'));
      file = join(folder, 'clients.crl');
    });
    after(() => rm(folder, { recursive: true }));

    it('are read again when they change; one that is broken or gone leaves what was', async () => {
      const [own = '', above = ''] = await ofBoth();
      await writeFile(file, `${own}\n${above}`);
      const anchors = [x509(root.certificate)];
      const check = revocationCheck([file], anchors);
      const path = [root.certificate, ...client.chain, client.certificate].map(x509);
      expect(check(path, new Date())).to.equal(undefined);

      /** A second is how long a file may go unseen. */
      const seen = async (change: () => Promise<unknown>) => {
        await change();
        await new Promise((resolve) => setTimeout(resolve, 1050));
        return check(path, new Date());
      };
      expect(await seen(() => writeFile(file, own.slice(0, 100)))).to.equal(undefined);
      expect(await seen(() => rename(file, `${file}.away`))).to.equal(undefined);
      const revoking = await intermediate.revocationList({ revoked: [client.certificate] });
      expect(await seen(() => writeFile(file, `${revoking}\n${above}`))).to.equal('it is revoked');
      expect(check(path, new Date(Date.now() + 48 * hour))).to.be.a('string');
    });

    it('that cannot be read stop the start', () => {
      expect(() => revocationCheck([join(folder, 'none.crl')], [])).to.throw(/ENOENT/);
    });
  });
});
