import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import { expect } from 'chai';
import fc from 'fast-check';

import {
  type CertificateHeader,
  certificateFromHeaders,
  certificateHeaderNames,
  type HeaderFormat,
  headerFormats,
} from '../../lib/certificates/certificate_headers.ts';
import { CertificateAuthority, type Issued } from '../support/certificates.ts';

const der = (pem: string) => new X509Certificate(pem).raw;
const base64 = (pem: string) => der(pem).toString('base64');

/** Headers as each proxy's documentation writes them. */
const written: Record<HeaderFormat, (client: Issued) => Record<string, string>> = {
  rfc9440: ({ certificate, chain }) => ({
    'client-cert': `:${base64(certificate)}:`,
    'client-cert-chain': chain.map((pem) => `:${base64(pem)}:`).join(', '),
  }),
  nginx: ({ certificate }) => ({ 'ssl-client-cert': encodeURIComponent(`${certificate}\n`) }),
  haproxy: ({ certificate, chain }) => ({
    'x-ssl-client-cert': base64(certificate),
    'x-ssl-client-cert-chain': Buffer.concat([certificate, ...chain].map(der)).toString('base64'),
  }),
  xfcc: ({ certificate, chain }) => ({
    'x-forwarded-client-cert': `By=spiffe://mesh/as;Hash=468e;Subject="CN=\\"a\\",O=x;y";URI=a;URI=b;DNS=a;DNS=b;Cert="${encodeURIComponent(certificate)}";Chain="${encodeURIComponent([certificate, ...chain].join('\n'))}"`,
  }),
  // AWS leaves + = / as they are.
  alb: ({ certificate, chain }) => ({
    'x-amzn-mtls-clientcert': encodeURI([certificate, ...chain].join('\n')),
  }),
  traefik: ({ certificate, chain }) => ({
    'x-forwarded-tls-client-cert': [certificate, ...chain].map(base64).join(','),
  }),
};

const request = (headers: Readonly<Record<string, string | readonly string[]>>) =>
  ({
    headersDistinct: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat()])),
  }) as unknown as IncomingMessage;
const read = (setting: CertificateHeader, headers: Parameters<typeof request>[0]) =>
  certificateFromHeaders(request(headers), setting);

describe('A client certificate in the headers of a proxy', () => {
  let client: Issued;
  let other: Issued;

  before(async () => {
    const second = await (await CertificateAuthority.root()).intermediate();
    client = await (await second.intermediate('CN=Second')).issue();
    other = await second.issue();
  });

  for (const format of headerFormats) {
    describe(format, () => {
      it('is read, with the chain where the proxy sends one', () => {
        const found = read({ format }, written[format](client));
        expect(found?.certificate.fingerprint256).to.equal(new X509Certificate(client.certificate).fingerprint256);
        const chain = format === 'nginx' ? [] : client.chain.map((pem) => new X509Certificate(pem).fingerprint256);
        expect(found?.intermediates.map(({ fingerprint256 }) => fingerprint256)).to.deep.equal(chain);
      });

      it('is none where there is no header, or an empty one', () => {
        const names = Object.keys(written[format](client));
        expect(read({ format }, {})).to.equal(undefined);
        for (const empty of ['', ' '])
          expect(read({ format }, Object.fromEntries(names.map((name) => [name, empty])))).to.equal(undefined);
      });

      it('is read from headers of other names', () => {
        const [[, value = ''] = []] = Object.entries(written[format](client));
        const setting = { format, header: 'X-Cert' };
        expect(read(setting, { 'x-cert': value })).to.not.equal(undefined);
        expect(certificateHeaderNames(setting)).to.include('x-cert');
        expect(read(setting, written[format](client))).to.equal(undefined);
      });

      it('is refused twice, cut, with anything before, between or behind', () => {
        const [own, others] = [written[format](client), written[format](other)];
        const name = Object.keys(own)[0] ?? '';
        const value = own[name] ?? '';
        const wrong = [
          ...[
            [value, value],
            value.slice(0, -20),
            // Envoy's other pairs may be any.
            ...(format === 'xfcc' ? [] : [value.slice(20), `x${value}`]),
            `${value},x`,
          ],
          ...(['alb', 'traefik'].includes(format) ? [] : [`${value}${others[name]}`, `${value},${others[name]}`]),
          ...[
            '%',
            ':',
            '"',
            '=',
            '%00',
            'MIIB',
            ':MIIB:',
            encodeURIComponent('-----BEGIN CERTIFICATE-----'),
            'x'.repeat(5000),
          ],
        ];
        for (const item of wrong)
          expect(() => read({ format }, { ...own, [name]: item }), `${item}`.slice(0, 60)).to.throw();
      });

      it('throws or is a certificate, whatever stands there, and soon', () => {
        const name = Object.keys(written[format](client))[0] ?? '';
        const value = written[format](client)[name] ?? '';
        const mutated = fc.tuple(fc.nat(value.length), fc.nat(value.length), fc.string({ maxLength: 20 }));
        const text = fc.oneof(
          fc.string({ maxLength: 200 }),
          fc.stringMatching(/^[A-Za-z]{0,5}="?[%:;,=+/A-Za-z0-9\\" -]{0,200}$/),
          mutated.map(([from, to, put]) => value.slice(0, from) + put + value.slice(to)),
        );
        fc.assert(
          fc.property(text, (header) => {
            try {
              const found = read({ format }, { [name]: header });
              return found === undefined || found.certificate instanceof X509Certificate;
            } catch (error) {
              return error instanceof Error;
            }
          }),
          { numRuns: 300 },
        );
      });
    });
  }

  it('is read from the headers that a deployment names, among spaces', () => {
    const chain = encodeURIComponent(client.chain.join('\n'));
    const setting = { format: 'nginx', chain_header: 'X-Chain' } as const;
    const found = read(setting, { ...written.nginx(client), 'x-chain': chain });
    expect(found?.intermediates.map(({ raw }) => raw)).to.deep.equal(client.chain.map(der));
    const spaced = [client.certificate, ...client.chain].map(base64).join(' , ');
    expect(read({ format: 'traefik' }, { 'x-forwarded-tls-client-cert': spaced })?.intermediates).to.have.length(2);
    const unquoted = `Cert=${encodeURIComponent(client.certificate)}`;
    expect(read({ format: 'xfcc' }, { 'x-forwarded-client-cert': unquoted })?.certificate.raw).to.deep.equal(
      der(client.certificate),
    );
    expect(certificateHeaderNames(undefined)).to.have.members([
      ...['client-cert', 'client-cert-chain', 'ssl-client-cert', 'x-ssl-client-cert', 'x-ssl-client-cert-chain'],
      ...['x-forwarded-client-cert', 'x-amzn-mtls-clientcert', 'x-forwarded-tls-client-cert'],
    ]);
  });

  it('is refused with the reason, for the log', () => {
    const own = base64(client.certificate);
    const two = encodeURIComponent([client.certificate, client.certificate].join('\n'));
    const reasons: [HeaderFormat, string | string[], string][] = [
      ['rfc9440', '::', 'not base64'],
      ['rfc9440', own, 'not a byte sequence'],
      ['rfc9440', `:${own}:,:${own}:`, 'not one certificate'],
      ['rfc9440', [`:${own}:`, `:${own}:`], 'client-cert twice'],
      ['nginx', own, 'not PEM certificates alone'],
      ['xfcc', own, 'not one element of x-forwarded-client-cert'],
      ['xfcc', 'Hash=a;hash=b', 'hash twice'],
      ['xfcc', 'Hash=a', 'not one certificate'],
      ['xfcc', `Cert="${two}"`, 'Cert is not the first of Chain'],
    ];
    for (const [format, value, why] of reasons) {
      const name = Object.keys(written[format](client))[0] ?? '';
      expect(() => read({ format }, { [name]: value }), `${format} ${value}`.slice(0, 40)).to.throw(SyntaxError, why);
    }
  });

  it('of Envoy is one element, with the certificate at the head of its chain', () => {
    const value = (client: Issued) => written.xfcc(client)['x-forwarded-client-cert'] ?? '';
    const cert = (pem: string) => `Cert="${encodeURIComponent(pem)}"`;
    const header = (text: string) => () => read({ format: 'xfcc' }, { 'x-forwarded-client-cert': text });
    expect(header(cert(client.certificate))()?.intermediates).to.deep.equal([]);
    for (const wrong of [
      `${value(client)},${value(other)}`,
      `${cert(client.certificate)};${cert(other.certificate)}`,
      `${cert(other.certificate)};Chain="${encodeURIComponent(client.certificate)}"`,
      'Hash=468e;Subject="CN=client"',
    ]) {
      expect(header(wrong), wrong.slice(0, 40)).to.throw();
    }
  });
});
