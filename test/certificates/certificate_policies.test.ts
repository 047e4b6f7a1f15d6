import { X509Certificate } from 'node:crypto';

import { expect } from 'chai';

import { unauthorized } from '../../lib/certificates/certification_path.ts';
import { CertificateAuthority } from '../support/certificates.ts';
import { opensslVerdict } from '../support/openssl.ts';
import { Extension } from '../support/x509.ts';

describe('RFC5280-6.1.2 a client certificate has a policy where an authority demands one', () => {
  let root: CertificateAuthority;

  before(async () => {
    root = await CertificateAuthority.root();
  });

  const extension = (id: string, hex: string, critical = false) =>
    new Extension(`2.5.29.${id}`, critical, Buffer.from(hex, 'hex'));
  const sequence = (...parts: string[]) =>
    `30${(parts.join('').length / 2).toString(16).padStart(2, '0')}${parts.join('')}`;
  const [any, a, b, c, d] = ['0604551d2000', '06022a03', '06022a04', '06022a05', '06022a06'];
  const policies = (...oids: string[]) => extension('32', sequence(...oids.map((oid) => sequence(oid))));
  const mapping = (...pairs: [string, string][]) =>
    extension('33', sequence(...pairs.map((pair) => sequence(...pair))));
  const demand = (after: number, critical = false) =>
    extension('36', `3003800${after === 0 ? '100' : `10${after}`}`, critical);
  const noAny = extension('54', '020100');
  const rows: [what: string, authority: Extension[], client: Extension[], expected: boolean][] = [
    ['none', [policies(any), demand(0)], [], false],
    ['none, the demand marked critical', [policies(any), demand(0, true)], [], false],
    ['one', [policies(any), demand(0)], [policies(a)], true],
    ['one, the demand marked critical', [policies(any), demand(0, true)], [policies(a)], true],
    ['any', [policies(any), demand(0)], [policies(any)], true],
    ['any, where that does not count', [policies(any), demand(0), noAny], [policies(any)], false],
    ['another than the authority has', [policies(a), demand(0)], [policies(b)], false],
    ['none, demanded of the next', [policies(any), demand(1)], [], false],
    ['none, demanded of the next but one', [policies(any), demand(2)], [], true],
    ['none, and demands one itself', [], [demand(0)], false],
    ['what it is mapped to', [policies(a), mapping([a, b]), demand(0)], [policies(b)], true],
    ['what is mapped to another', [policies(a), mapping([a, b]), demand(0)], [policies(a)], false],
    ['what another is mapped to', [policies(a), mapping([a, b], [c, d]), demand(0)], [policies(d)], false],
    ['any, mapped to one', [policies(any), mapping([any, b]), demand(0)], [policies(b)], false],
    ['one, mapped to any', [policies(a), mapping([a, any]), demand(0)], [policies(any)], false],
    ['the one that its authority has', [policies(a), demand(0)], [policies(a)], true],
    ['the second of two that are mapped', [policies(a, b), mapping([a, c], [b, d]), demand(0)], [policies(d)], true],
  ];
  /** Our verdict is the one that is expected, and OpenSSL's. */
  async function agreed(authority: CertificateAuthority, extensions: Extension[], expected: boolean) {
    const issued = await authority.issue({ extensions });
    const theirs = await opensslVerdict({ ...issued, anchors: [root.certificate] });
    expect(theirs === undefined, theirs).to.equal(expected);
    const x509 = (pem: string) => new X509Certificate(pem);
    const ours = unauthorized(x509(issued.certificate), issued.chain.map(x509), [x509(root.certificate)]);
    expect(ours === undefined, ours).to.equal(expected);
  }

  const unmapped = extension('36', '3006800100810100');
  const below: typeof rows = [
    ['none, demanded two below', [policies(any), demand(2)], [], false],
    ['none, demanded three below', [policies(any), demand(3)], [], true],
    ['what it is mapped to', [policies(any), demand(0)], [policies(b)], true],
    ['what it is mapped to, where nothing may be', [policies(any), unmapped], [policies(b)], false],
    ['what is mapped, where nothing may be', [policies(any), unmapped], [policies(a)], false],
  ];
  for (const [what, extensions, client, expected] of below) {
    it(`below another authority, ${what}: ${expected}`, async () => {
      const strict = await root.intermediate('CN=Strict', { extensions });
      const mapped = what.includes('map') ? [policies(a), mapping([a, b])] : [policies(any)];
      await agreed(await strict.intermediate('CN=Below', { extensions: mapped }), client, expected);
    });
  }

  for (const [what, extensions, client, expected] of rows) {
    it(`${what}: ${expected}`, async () => {
      const strict = await root.intermediate('CN=Strict', { extensions });
      await agreed(strict, client, expected);
    });
  }
});
