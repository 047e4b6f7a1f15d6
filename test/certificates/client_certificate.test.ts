import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { RequestOptions } from 'node:https';
import { connect } from 'node:tls';

import { expect } from 'chai';
import Koa from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';

import { mutualTls } from '../../lib/certificates/client_certificate.ts';
import { readCertificates } from '../../lib/certificates/pem.ts';
import { clientCertificate, type ProxySettings } from '../../lib/certificates/presented.ts';
import { certificateSubjectMatches } from '../../lib/certificates/subject.ts';
import { forwarded, trustedProxies } from '../../lib/http/forwarded.ts';
import { selfSigned } from '../../lib/server/development_certificate.ts';
import { mutualTlsOptions, serverOptions } from '../../lib/server/tls.ts';
import { CertificateAuthority, type Issued, rsa, selfSignedClient } from '../support/certificates.ts';
import { type Listener, listen } from '../support/listener.ts';

const x509 = ({ certificate }: Issued) => new X509Certificate(certificate);

/** Answers what the hooks say of the request's certificate. */
function witness(authorities: readonly X509Certificate[], proxy?: ProxySettings): Koa {
  const hooks = mutualTls({ authorities, proxy });
  return new Koa().use(forwarded(trustedProxies(proxy?.trusted))).use((ctx) => {
    const oidc = ctx as unknown as KoaContextWithOIDC;
    const certificate = hooks.getCertificate(oidc);
    const named = (dn: string) => hooks.certificateSubjectMatches(oidc, 'tls_client_auth_subject_dn', dn);
    ctx.body = {
      fingerprint: certificate instanceof X509Certificate ? certificate.fingerprint256 : undefined,
      authorized: hooks.certificateAuthorized(oidc),
      named: named('CN=client') && !named('CN=other'),
    };
  });
}

const nobody = { authorized: false, named: false };

describe('RFC8705-2 a client certificate from the handshake', () => {
  let root: CertificateAuthority;
  let intermediate: CertificateAuthority;
  let listener: Listener;

  before(async () => {
    root = await CertificateAuthority.root();
    intermediate = await root.intermediate();
    const app = witness(readCertificates(root.certificate));
    listener = await listen(app, mutualTlsOptions(await selfSigned(['localhost'])));
  });

  after(() => listener.close());

  const told = async ({ cert, key }: Partial<Issued> = {}) =>
    // A client that refuses to use its own weak key would prove nothing.
    (await listener.ask('/', cert && key ? { cert, key, ciphers: 'DEFAULT:@SECLEVEL=0' } : {})).body;

  it('is known, authorized by the chain sent with it, and named', async () => {
    const client = await intermediate.issue();
    const fingerprint = x509(client).fingerprint256;
    expect(await told(client)).to.deep.equal({ fingerprint, authorized: true, named: true });
  });

  it('is known when it is self-signed, but not authorized', async () => {
    const client = await selfSignedClient();
    const fingerprint = x509(client).fingerprint256;
    expect(await told(client)).to.deep.equal({ fingerprint, authorized: false, named: true });
  });

  it('is none when none was sent', async () => expect(await told()).to.deep.equal(nobody));

  const hour = 60 * 60 * 1000;
  const unusable = {
    expired: { notAfter: new Date(Date.now() - hour) },
    'not yet valid': { notBefore: new Date(Date.now() + hour) },
    'of a weak key': { algorithm: rsa(1024) },
  };
  for (const [what, request] of Object.entries(unusable)) {
    it(`is none when it is ${what}`, async () => {
      expect(await told(await root.issue(request))).to.deep.equal(nobody);
      expect(await told(await selfSignedClient(request))).to.deep.equal(nobody);
    });
  }

  it('is the handshake’s, whatever the headers say', async () => {
    const other = await root.issue();
    const header = `:${x509(other).raw.toString('base64')}:`;
    const answer = await listener.ask('/', { headers: { 'client-cert': header } });
    expect(answer.body).to.deep.equal(nobody);
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`keeps its chain when a client comes back with ${version}`, async () => {
      const client = await intermediate.issue();
      let session: Buffer | undefined;
      for (let visit = 0; visit < 3; visit++) {
        const socket = connect({
          ...{ port: listener.port, host: '127.0.0.1', rejectUnauthorized: false, cert: client.cert, key: client.key },
          ...{ minVersion: version, maxVersion: version, ...(session ? { session } : {}) },
        });
        socket.on('session', (made) => {
          session = made;
        });
        await once(socket, 'secureConnect');
        socket.write('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
        const text = (await socket.setEncoding('utf8').toArray()).join('');
        expect(text, `visit ${visit}`).to.contain('"authorized":true');
      }
    });
  }
});

describe('RFC8705-6.5 a client certificate from a proxy that ends TLS', () => {
  let root: CertificateAuthority;
  let client: Issued;
  const open: Listener[] = [];

  before(async () => {
    root = await CertificateAuthority.root();
    client = await (await root.intermediate()).issue();
  });

  after(() => Promise.all(open.map((listener) => listener.close())));

  const bytes = (pem: string) => `:${new X509Certificate(pem).raw.toString('base64')}:`;

  async function told(
    proxy: ProxySettings,
    headers: Record<string, string>,
    tls?: RequestOptions & { asks?: boolean },
  ) {
    const { asks, ...options } = tls ?? {};
    const pair = await selfSigned(['localhost']);
    const app = witness(readCertificates(root.certificate), proxy);
    const listener = await listen(app, tls && (asks ? mutualTlsOptions(pair) : serverOptions(pair)));
    open.push(listener);
    return (await listener.ask('/', { ...options, headers })).body;
  }

  const sent = () => ({
    'client-cert': bytes(client.certificate),
    'client-cert-chain': client.chain.map(bytes).join(', '),
  });
  const rfc9440 = { client_certificate: 'rfc9440' } as const;

  it('is known, authorized by the chain, and named', async () => {
    const proxy: ProxySettings = { trusted: ['127.0.0.0/8'], ...rfc9440 };
    const fingerprint = x509(client).fingerprint256;
    expect(await told(proxy, sent())).to.deep.equal({ fingerprint, authorized: true, named: true });
  });

  it('is not believed from anybody else', async () => {
    expect(await told({ trusted: ['10.0.0.0/8', '::1'], ...rfc9440 }, sent())).to.deep.equal(nobody);
    expect(await told({ ...rfc9440 }, sent())).to.deep.equal(nobody);
    expect(await told({}, sent())).to.deep.equal(nobody);
  });

  it('is not believed from a proxy that is not configured to send it', async () =>
    expect(await told({ trusted: ['127.0.0.1'] }, sent())).to.deep.equal(nobody));

  it('is never the proxy’s own', async () => {
    const own = await root.issue();
    const proxy: ProxySettings = { trusted: ['127.0.0.1'], ...rfc9440 };
    expect(await told(proxy, {}, { cert: own.cert, key: own.key, asks: true })).to.deep.equal(nobody);
  });

  const broken = {
    'no byte sequence': 'MIIB',
    'no certificate': ':TUlJQg==:',
    'percent-encoded PEM': encodeURIComponent('-----BEGIN CERTIFICATE-----'),
    empty: '',
  };
  for (const [what, header] of Object.entries(broken)) {
    it(`is none when the header is ${what}`, async () => {
      const proxy: ProxySettings = { trusted: ['127.0.0.1'], ...rfc9440 };
      expect(await told(proxy, { ...sent(), 'client-cert': header })).to.deep.equal(nobody);
    });
  }

  it('is none when the header holds two', async () => {
    const proxy: ProxySettings = { trusted: ['127.0.0.1'], ...rfc9440 };
    const two = `${bytes(client.certificate)}, ${bytes(client.certificate)}`;
    expect(await told(proxy, { 'client-cert': two })).to.deep.equal(nobody);
  });
});

describe('RFC8705-2.1.2 the subject alternative names of a client certificate', () => {
  let certificate: X509Certificate;

  before(async () => {
    const root = await CertificateAuthority.root();
    certificate = x509(
      await root.issue({
        san: [
          { type: 'dns', value: 'client.example.com' },
          { type: 'dns', value: '*.wild.example.com' },
          { type: 'url', value: 'urn:example:client' },
          { type: 'ip', value: '192.0.2.7' },
          { type: 'ip', value: '2001:db8::7' },
          { type: 'email', value: 'Client@example.com' },
        ],
      }),
    );
  });

  const rows: [property: string, expected: string, matches: boolean][] = [
    ['tls_client_auth_san_dns', 'client.example.com', true],
    ['tls_client_auth_san_dns', 'Client.Example.COM', true],
    ['tls_client_auth_san_dns', 'other.example.com', false],
    ['tls_client_auth_san_dns', 'a.wild.example.com', false],
    ['tls_client_auth_san_dns', 'urn:example:client', false],
    ['tls_client_auth_san_uri', 'urn:example:client', true],
    ['tls_client_auth_san_uri', 'urn:example:CLIENT', false],
    ['tls_client_auth_san_ip', '192.0.2.7', true],
    ['tls_client_auth_san_ip', '192.0.2.8', false],
    ['tls_client_auth_san_ip', '2001:db8::7', true],
    ['tls_client_auth_san_ip', '2001:0DB8:0:0:0:0:0:0007', true],
    ['tls_client_auth_san_ip', '2001:db8::8', false],
    ['tls_client_auth_san_ip', 'client.example.com', false],
    ['tls_client_auth_san_email', 'Client@EXAMPLE.com', true],
    ['tls_client_auth_san_email', 'client@example.com', false],
    ['tls_client_auth_subject_dn', 'CN=client', true],
    ['tls_client_auth_subject_dn', 'CN=other', false],
    ['tls_client_auth_something_new', 'client', false],
  ];
  for (const [property, expected, matches] of rows) {
    it(`${property} ${expected} ${matches ? 'matches' : 'does not match'}`, () =>
      expect(certificateSubjectMatches(certificate, property, expected)).to.equal(matches));
  }

  it('do not match where there are none', async () => {
    const bare = x509(await selfSignedClient());
    expect(certificateSubjectMatches(bare, 'tls_client_auth_san_dns', 'client.example.com')).to.equal(false);
  });
});

describe('clientCertificate()', () => {
  it('is for a resource server what the hook is for oidc-provider', async () => {
    const client = await selfSignedClient();
    const certificate = clientCertificate();
    const app = new Koa().use((ctx) => {
      ctx.body = certificate(ctx)?.fingerprint256 ?? 'none';
    });
    const listener = await listen(app, mutualTlsOptions(await selfSigned(['localhost'])));
    const { cert, key } = client;
    expect((await listener.ask('/', { cert, key })).text).to.equal(x509(client).fingerprint256);
    expect((await listener.ask('/')).text).to.equal('none');
    await listener.close();
  });
});
