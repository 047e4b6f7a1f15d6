import { AsnConvert } from '@peculiar/asn1-schema';
import { Name as NameSchema } from '@peculiar/asn1-x509';
import { expect } from 'chai';
import fc from 'fast-check';

import {
  distinguishedNameMatches,
  isDistinguishedName,
  parseDistinguishedName,
} from '../../lib/certificates/distinguished_name.ts';
import { subjectWarnings } from '../../lib/fapi/certificate_subject.ts';
import { mtls } from '../../lib/fapi/mtls.ts';
import { clientViolations } from '../../lib/profile.ts';
import { Name } from '../support/x509.ts';

const matches = (name: ConstructorParameters<typeof Name>[0], expected: string) =>
  distinguishedNameMatches(AsnConvert.parse(new Name(name).toArrayBuffer(), NameSchema), expected);

describe('RFC 4514: string representation of distinguished names', () => {
  const examples: Record<string, ReturnType<typeof parseDistinguishedName>> = {
    'UID=jsmith,DC=example,DC=net': [
      [['0.9.2342.19200300.100.1.1', 'jsmith']],
      [['0.9.2342.19200300.100.1.25', 'example']],
      [['0.9.2342.19200300.100.1.25', 'net']],
    ],
    'OU=Sales+CN=J.  Smith,DC=net': [
      [
        ['2.5.4.11', 'Sales'],
        ['2.5.4.3', 'J.  Smith'],
      ],
      [['0.9.2342.19200300.100.1.25', 'net']],
    ],
    'CN=James \\"Jim\\" Smith\\, III': [[['2.5.4.3', 'James "Jim" Smith, III']]],
    'CN=Before\\0dAfter': [[['2.5.4.3', 'Before\rAfter']]],
    'CN=Lu\\C4\\8Di\\C4\\87': [[['2.5.4.3', 'Lučić']]],
    'CN=Lučić': [[['2.5.4.3', 'Lučić']]],
    '2.5.4.97=#0C0750534453452D31': [[['2.5.4.97', 'PSDSE-1']]],
    '1.3.6.1.4.1.1466.0=#04024869': [[['1.3.6.1.4.1.1466.0#', '04024869']]],
    ' CN = client , O = Bank ': [[['2.5.4.3', 'client']], [['2.5.4.10', 'Bank']]],
    'CN=\\ client\\ ': [[['2.5.4.3', ' client ']]],
    'CN=a\\\\,O=b\\+c': [[['2.5.4.3', 'a\\']], [['2.5.4.10', 'b+c']]],
    'CN=': [[['2.5.4.3', '']]],
    'CN=a=b': [[['2.5.4.3', 'a=b']]],
    'CN=a\\  ': [[['2.5.4.3', 'a ']]],
    'CN=a#0c0161': [[['2.5.4.3', 'a#0c0161']]],
    'CN=#0c0161g': [[['2.5.4.3', '#0c0161g']]],
    'CN=#0c0': [[['2.5.4.3', '#0c0']]],
    'CN=#0C05AB': [[['2.5.4.3#', '0c05ab']]],
    [`CN=#0c7f${'61'.repeat(127)}`]: [[['2.5.4.3', 'a'.repeat(127)]]],
    [`CN=#0c80${'61'.repeat(128)}`]: [[['2.5.4.3#', `0c80${'61'.repeat(128)}`]]],
    [`CN=#0c8180${'61'.repeat(128)}`]: [[['2.5.4.3#', `0c8180${'61'.repeat(128)}`]]],
  };
  for (const [text, parsed] of Object.entries(examples)) {
    it(`reads ${text.slice(0, 40)}`, () => expect(parseDistinguishedName(text)).to.deep.equal(parsed));
  }

  const type = ' is no attribute type of a distinguished name';
  const refused = {
    ...{ '': type, client: `clien${type}`, 'CN=a,': type, 'CN=a,,O=b': type, 'NOSUCH=a': `NOSUCH${type}` },
    ...{ 'CN=a"b"': 'unescaped character', 'CN=a\\': 'unescaped character', 'CN=a;<': 'unescaped character' },
    ...{ '/C=SE/CN=a': `/C${type}`, 'x2.5.4.3=a': `x2.5.4.3${type}`, '2.5.4.3x=a': `2.5.4.3x${type}` },
  };
  for (const [text, why] of Object.entries(refused)) {
    it(`refuses ${JSON.stringify(text)}, at boot`, () => {
      expect(() => parseDistinguishedName(text))
        .to.throw(SyntaxError)
        .with.property('message', why);
      expect(isDistinguishedName(text)).to.equal(false);
      const profile = { name: 'mutual TLS', mechanisms: [mtls({ url: 'https://mtls.example.com', authorities: [] })] };
      const metadata = { client_id: 'client', tls_client_auth_subject_dn: text };
      expect(clientViolations(profile, metadata, {}).map(({ path }) => path)).to.deep.equal([
        ['tls_client_auth_subject_dn'],
      ]);
    });
  }

  it('reads back what RFC 4514 section 2.4 escapes, whatever the value', () => {
    const escaped = (value: string) =>
      [...Buffer.from(value)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ minLength: 1 }), (first, second) => {
        const parsed = parseDistinguishedName(`CN=${escaped(first)},O=${escaped(second)}`);
        expect(parsed).to.deep.equal([[['2.5.4.3', first]], [['2.5.4.10', second]]]);
      }),
    );
  });

  it('refuses or reads, whatever stands there', () => {
    const hostile = fc.oneof(fc.string(), fc.stringMatching(/^(?:CN|O|2\.5\.4\.3)=[\\#,+="; a-f0-9]{0,40}$/));
    fc.assert(
      fc.property(hostile, (text) => {
        try {
          return parseDistinguishedName(text).length > 0;
        } catch (error) {
          return error instanceof SyntaxError;
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('takes no time over text made to be hard', () => {
    expect(() => parseDistinguishedName(`CN=${' \\20'.repeat(20_000)}"`)).to.throw(SyntaxError);
    expect(() => parseDistinguishedName(`CN=${' '.repeat(50_000)}"`)).to.throw(SyntaxError);
  }).timeout(2000);
});

describe('RFC8705-2.1.2 the subject a client registers', () => {
  const told = (metadata: object) => {
    const profile = { name: 'mutual TLS', mechanisms: [mtls({ url: 'https://mtls.example.com', authorities: [] })] };
    return clientViolations(profile, { client_id: 'client', ...metadata }, {}).map(
      ({ path, text }) => `${path} ${text}`,
    );
  };
  const wrong: Record<string, string[]> = {
    san_dns: ['https://client.example.com', 'client example', '192.0.2.7', 'a@example.com', '-a.example', ''],
    san_uri: ['client.example.com', 'https://a b'],
    san_ip: ['client.example.com', '192.0.2.0/24', '300.1.1.1'],
    san_email: ['client.example.com', 'a@b@c', '@example.com'],
  };
  for (const [kind, values] of Object.entries(wrong)) {
    for (const value of values) {
      it(`${kind} ${value || '(empty)'} is refused at boot, with what to write`, () =>
        expect(told({ [`tls_client_auth_${kind}`]: value })[0]).to.match(
          /^tls_client_auth_\w+ is no .*write for example/,
        ));
    }
  }
  const right = {
    ...{ san_dns: '*.client.example.com', san_uri: 'urn:example:client', san_ip: '2001:db8::7' },
    ...{ san_email: 'Client+x@example.com', subject_dn: 'C = SE, O = Bank, CN = client' },
  };
  for (const [kind, value] of Object.entries(right)) {
    it(`${kind} ${value} is taken`, () => expect(told({ [`tls_client_auth_${kind}`]: value })).to.deep.equal([]));
  }

  it('is warned about, once, when it is as openssl prints it: C first, CN last', () => {
    const lines: string[] = [];
    const warnOnce = subjectWarnings((text) => lines.push(text));
    const metadata = { client_id: 'client', tls_client_auth_subject_dn: 'C = SE, O = Bank\\, AB, CN = client' };
    for (let times = 0; times < 2; times += 1) warnOnce(metadata as never);
    warnOnce({ client_id: 'other', tls_client_auth_subject_dn: 'CN=client,O=Bank,C=SE' } as never);
    expect(lines).to.deep.equal([
      'tls_client_auth_subject_dn begins with C and ends with CN, the reverse of RFC 4514: write CN=client,O=Bank\\, AB,C=SE',
    ]);
  });
});

describe('RFC8705-2.1.2 tls_client_auth_subject_dn against the subject of a certificate', () => {
  const subject = [{ C: ['SE'] }, { O: ['Bank AB'] }, { '2.5.4.97': ['PSDSE-FINA-1'] }, { CN: ['client'] }];

  it('matches in the order of RFC 4514, the last RDN of the certificate first', () => {
    expect(matches(subject, 'CN=client,2.5.4.97=PSDSE-FINA-1,O=Bank AB,C=SE')).to.equal(true);
    expect(matches(subject, 'C=SE,O=Bank AB,2.5.4.97=PSDSE-FINA-1,CN=client')).to.equal(false);
  });

  it('knows attribute types by name in any case, by OID and by hexadecimal value', () => {
    expect(matches(subject, 'cn=client, organizationIdentifier=PSDSE-FINA-1, o=Bank AB, c=SE')).to.equal(true);
    expect(
      matches(subject, '2.5.4.3=client,2.5.4.97=#130c50534453452d46494e412d31,2.5.4.10=Bank AB,2.5.4.6=SE'),
    ).to.equal(true);
  });

  it('does not care how a string is encoded', () => {
    const printable = [{ CN: [{ printableString: 'client' }] }];
    const utf8 = [{ CN: [{ utf8String: 'client' }] }];
    const bmp = [{ CN: [{ bmpString: 'client' }] }];
    for (const name of [printable, utf8, bmp]) expect(matches(name, 'CN=client')).to.equal(true);
  });

  it('compares what is no text by its bytes', () => {
    const octets = AsnConvert.parse(Buffer.from('300f310d300b06035504030404deadbeef', 'hex'), NameSchema);
    expect(distinguishedNameMatches(octets, 'CN=#0404DEADBEEF')).to.equal(true);
    expect(distinguishedNameMatches(octets, 'CN=#0404deadbeee')).to.equal(false);
  });

  it('does not care for case, for runs of spaces and for those around it', () => {
    expect(matches([{ O: ['BANK  ab'] }], 'O=Bank AB')).to.equal(true);
    expect(matches([{ O: [' Bank AB '] }], 'O=bank ab')).to.equal(true);
    expect(matches([{ O: ['BankAB'] }], 'O=Bank AB')).to.equal(false);
  });

  it('compares a multi-valued RDN as a set', () => {
    const name = [{ O: ['Bank'] }, { CN: ['client'], UID: ['1'] }];
    expect(
      matches([name[0] ?? {}, { CN: ['client'], '0.9.2342.19200300.100.1.1': ['1'] }], 'UID=1+CN=client,O=Bank'),
    ).to.equal(true);
    expect(matches([name[0] ?? {}, { CN: ['client'] }], 'UID=1+CN=client,O=Bank')).to.equal(false);
  });

  it('is not fooled by a value that looks like more attributes', () => {
    expect(matches([{ CN: ['client,O=Bank'] }], 'CN=client,O=Bank')).to.equal(false);
    expect(matches([{ O: ['Bank'] }, { CN: ['client'] }], 'CN=client\\,O\\=Bank')).to.equal(false);
    expect(matches([{ CN: [{ utf8String: '#0c0161' }] }], 'CN=a')).to.equal(false);
  });

  it('needs every RDN', () => {
    expect(matches(subject, 'CN=client')).to.equal(false);
    expect(matches([{ CN: ['client'] }], 'CN=client,O=Bank AB')).to.equal(false);
  });
});
