import { X509Certificate } from 'node:crypto';

import { AsnConvert } from '@peculiar/asn1-schema';
import {
  Name as DirectoryName,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  NameConstraints,
} from '@peculiar/asn1-x509';
import { expect } from 'chai';

import { unauthorized } from '../../lib/certificates/certification_path.ts';
import { CertificateAuthority, type CertificateRequest } from '../support/certificates.ts';
import { opensslVerdict } from '../support/openssl.ts';
import { Extension, Name } from '../support/x509.ts';

type Subtree = Partial<
  Pick<GeneralName, 'dNSName' | 'rfc822Name' | 'uniformResourceIdentifier' | 'iPAddress' | 'registeredID'>
> & {
  readonly directory?: string;
};
interface Constraints {
  readonly permitted?: readonly Subtree[];
  readonly excluded?: readonly Subtree[];
}

const subtrees = (names: readonly Subtree[]) =>
  new GeneralSubtrees(
    names.map(({ directory, ...name }) => {
      const directoryName =
        directory === undefined
          ? {}
          : { directoryName: AsnConvert.parse(new Name(directory).toArrayBuffer(), DirectoryName) };
      return new GeneralSubtree({ base: new GeneralName({ ...name, ...directoryName }) });
    }),
  );

function constrained({ permitted, excluded }: Constraints, critical: boolean): Extension {
  const value = new NameConstraints({
    ...(permitted ? { permittedSubtrees: subtrees(permitted) } : {}),
    ...(excluded ? { excludedSubtrees: subtrees(excluded) } : {}),
  });
  return new Extension('2.5.29.30', critical, AsnConvert.serialize(value));
}

const san = (type: 'dns' | 'url' | 'ip' | 'email', value: string): CertificateRequest => ({ san: [{ type, value }] });
const dns = { permitted: [{ dNSName: 'partner.example' }] };
const mail = { permitted: [{ rfc822Name: 'partner.example' }] };
const uri = { permitted: [{ uniformResourceIdentifier: '.partner.example' }] };
const ip = { permitted: [{ iPAddress: '192.0.2.0/24' }, { iPAddress: '2001:db8::/32' }] };
const name = { permitted: [{ directory: 'C=SE, O=Partner' }] };

/** Constraints of an authority, a client it vouches for, and whether that is within. */
const rows: [what: string, constraints: Constraints, client: CertificateRequest, within: boolean][] = [
  ['a DNS name below', dns, san('dns', 'a.partner.example'), true],
  ['the DNS name itself', dns, san('dns', 'PARTNER.example'), true],
  ['another DNS name', dns, san('dns', 'victim.bank.example'), false],
  ['a DNS name that ends alike', dns, san('dns', 'evilpartner.example'), false],
  [
    'one DNS name of two outside',
    dns,
    { san: [...(san('dns', 'a.partner.example').san ?? []), { type: 'dns', value: 'x.example' }] },
    false,
  ],
  ['a common name that is a DNS name outside', dns, { subject: 'CN=victim.bank.example' }, false],
  ['a common name that is a DNS name within', dns, { subject: 'CN=a.partner.example' }, true],
  ['a common name that is none', dns, { subject: 'CN=client' }, true],
  ['names of a form that is not constrained', dns, san('email', 'a@bank.example'), true],
  [
    'a DNS name that is excluded',
    { excluded: [{ dNSName: 'bank.example' }] },
    san('dns', 'victim.BANK.example'),
    false,
  ],
  [
    'a DNS name that is not excluded',
    { excluded: [{ dNSName: 'bank.example' }] },
    san('dns', 'a.partner.example'),
    true,
  ],
  [
    'a DNS name excluded below a permitted one',
    { ...dns, excluded: [{ dNSName: 'a.partner.example' }] },
    san('dns', 'b.a.partner.example'),
    false,
  ],
  ['a mailbox at the host', mail, san('email', 'anyone@Partner.example'), true],
  ['a mailbox at a host below', mail, san('email', 'a@sub.partner.example'), false],
  ['a mailbox elsewhere', mail, san('email', 'partner.example@bank.example'), false],
  [
    'a mailbox below, permitted with a dot',
    { permitted: [{ rfc822Name: '.partner.example' }] },
    san('email', 'a@sub.partner.example'),
    true,
  ],
  ['the one mailbox', { permitted: [{ rfc822Name: 'a@partner.example' }] }, san('email', 'a@partner.example'), true],
  [
    'another mailbox than the one',
    { permitted: [{ rfc822Name: 'a@partner.example' }] },
    san('email', 'b@partner.example'),
    false,
  ],
  ['a mailbox in the subject', mail, { subject: 'E=a@bank.example, CN=client' }, false],
  ['a URI below', uri, san('url', 'https://api.partner.example/x'), true],
  ['a URI elsewhere', uri, san('url', 'https://bank.example/.partner.example'), false],
  ['a URI with the name as its user', uri, san('url', 'https://a.partner.example@bank.example/'), false],
  ['a URI without a host', uri, san('url', 'urn:example:client'), false],
  ['an IPv4 address', ip, san('ip', '192.0.2.7'), true],
  ['another IPv4 address', ip, san('ip', '192.0.3.7'), false],
  ['an IPv6 address', ip, san('ip', '2001:db8::7'), true],
  ['another IPv6 address', ip, san('ip', '2001:db9::7'), false],
  [
    'an IPv4 address where IPv6 is permitted',
    { permitted: [{ iPAddress: '2001:db8::/32' }] },
    san('ip', '192.0.2.7'),
    false,
  ],
  ['an excluded address', { excluded: [{ iPAddress: '192.0.2.0/25' }] }, san('ip', '192.0.2.127'), false],
  ['an address beside the excluded', { excluded: [{ iPAddress: '192.0.2.0/25' }] }, san('ip', '192.0.2.128'), true],
  ['a directory name below', name, { subject: 'C=SE, O=partner , CN=client' }, true],
  ['a directory name elsewhere', name, { subject: 'C=SE, O=Bank, CN=client' }, false],
  ['a directory name in another order', name, { subject: 'O=Partner, C=SE, CN=client' }, false],
  [
    'an excluded directory name',
    { excluded: [{ directory: 'C=SE, O=Bank' }] },
    { subject: 'C=SE, O=Bank, CN=client' },
    false,
  ],
  ['everything excluded by an empty DNS name', { excluded: [{ dNSName: '' }] }, san('dns', 'a.example'), false],
];

describe('RFC 5280 section 4.2.1.10: name constraints of an authority', () => {
  let root: CertificateAuthority;

  before(async () => {
    root = await CertificateAuthority.root();
  });

  /** Our verdict; OpenSSL's has to be the same. */
  async function verdict(authority: CertificateAuthority, client: CertificateRequest, anchors = [root.certificate]) {
    const { certificate, chain } = await authority.issue(client);
    const x509 = (pem: string) => new X509Certificate(pem);
    const ours = unauthorized(x509(certificate), chain.map(x509), anchors.map(x509));
    const theirs = await opensslVerdict({ certificate, chain, anchors });
    expect(ours === undefined, `OpenSSL: ${theirs}, we: ${ours}`).to.equal(theirs === undefined);
    return ours;
  }

  for (const [what, constraints, client, within] of rows) {
    it(`${within ? 'are kept by' : 'are broken by'} ${what}, marked critical or not`, async () => {
      for (const critical of [true, false]) {
        const extensions = [constrained(constraints, critical)];
        const reason = await verdict(await root.intermediate('CN=Constrained', { extensions }), client);
        if (within) expect(reason).to.equal(undefined);
        else expect(reason).to.match(/name constraints of its authority/);
      }
    });
  }

  it('hold for everything below, and add up', async () => {
    const outer = await root.intermediate('CN=Outer', { extensions: [constrained(dns, true)] });
    const wider = { permitted: [{ dNSName: 'example' }] };
    const inner = await outer.intermediate('CN=Inner', { extensions: [constrained(wider, true)] });
    expect(await verdict(inner, san('dns', 'a.partner.example'))).to.equal(undefined);
    expect(await verdict(inner, san('dns', 'victim.bank.example'))).to.be.a('string');
  });

  it('hold when they are of the configured authority itself', async () => {
    const own = await CertificateAuthority.root('CN=Constrained Root', { extensions: [constrained(dns, true)] });
    expect(await verdict(own, san('dns', 'victim.bank.example'), [own.certificate])).to.be.a('string');
    expect(await verdict(own, san('dns', 'a.partner.example'), [own.certificate])).to.equal(undefined);
  });

  const holes = Buffer.from(
    AsnConvert.serialize(new NameConstraints({ permittedSubtrees: subtrees([{ iPAddress: '192.0.2.0/24' }]) })),
  );
  holes.writeUInt32BE(0xff00ff01, holes.length - 4);
  const limited = (limits: { minimum?: number; maximum?: number }) => {
    const base = new GeneralName({ dNSName: 'partner.example' });
    const permittedSubtrees = new GeneralSubtrees([new GeneralSubtree({ base, ...limits })]);
    return new Extension('2.5.29.30', true, AsnConvert.serialize(new NameConstraints({ permittedSubtrees })));
  };
  const names = (hex: string): CertificateRequest => ({
    extensions: [new Extension('2.5.29.17', false, Buffer.from(hex, 'hex'))],
  });
  const registered = constrained({ permitted: [{ registeredID: '1.2.3' }] }, true);
  const unjudged: [why: string, constraints: Extension, client: CertificateRequest][] = [
    ['a constraint with a mask that has holes', new Extension('2.5.29.30', true, holes), san('ip', '192.0.2.7')],
    ['a constraint on a name of the form registeredID', registered, names('300488022a03')],
    ['a constraint with minimum or maximum', limited({ minimum: 1 }), san('dns', 'partner.example')],
    ['a constraint with minimum or maximum', limited({ maximum: 9 }), san('dns', 'partner.example')],
    ['a mailbox without @', constrained(mail, true), san('email', 'nobody')],
    ['a URI without a host name', constrained(uri, true), san('url', 'https://192.0.2.7/')],
    ['an address that is none', constrained(ip, true), names('300787050102030405')],
  ];
  for (const [index, [why, extension, client]] of unjudged.entries()) {
    it(`that cannot be judged refuse: ${why} (${index})`, async () => {
      const authority = await root.intermediate('CN=Odd', { extensions: [extension] });
      const { certificate, chain } = await authority.issue(client);
      const x509 = (pem: string) => new X509Certificate(pem);
      expect(unauthorized(x509(certificate), chain.map(x509), [x509(root.certificate)])).to.equal(
        `name constraints of its authority cannot be judged: ${why}`,
      );
    });
  }

  it('of thousands are a bounded work', async () => {
    const many = Array.from({ length: 3000 }, (_, index) => ({ dNSName: `host${index}.example` }));
    const authority = await root.intermediate('CN=Many', { extensions: [constrained({ permitted: many }, true)] });
    const names = Array.from({ length: 3000 }, (_, index) => ({ type: 'dns' as const, value: `host${index}.example` }));
    const { certificate, chain } = await authority.issue({ san: names });
    const x509 = (pem: string) => new X509Certificate(pem);
    expect(unauthorized(x509(certificate), chain.map(x509), [x509(root.certificate)])).to.match(/too many names/);
  });
});
