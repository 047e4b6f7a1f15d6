import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type ConnectionOptions, connect, getCiphers } from 'node:tls';
import { promisify } from 'node:util';

import { expect } from 'chai';
import Koa from 'koa';
import { selfSigned } from '../../lib/server/development_certificate.ts';
import { type KeyPair, mutualTlsOptions, serverOptions } from '../../lib/server/tls.ts';
import { type CipherSuite, ciphers } from '../../lib/values.ts';
import { CertificateAuthority, rsa } from '../support/certificates.ts';
import { type Listener, listen } from '../support/listener.ts';

const app = new Koa().use((ctx) => {
  ctx.body = 'ok';
});

/** What a handshake ends in: the protocol and suite, or the code of the alert. */
async function handshake(port: number, options: ConnectionOptions) {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  try {
    await once(socket, 'secureConnect');
    return { protocol: socket.getProtocol(), suite: socket.getCipher().name };
  } catch (error) {
    return { alert: (error as NodeJS.ErrnoException).code };
  } finally {
    socket.destroy();
  }
}

const suites12 = ciphers.filter((name) => name.startsWith('ECDHE'));
// The client has to be willing: OpenSSL's own security level would refuse what the server is to be asked for.
const others = getCiphers()
  .map((name) => name.toUpperCase())
  .filter((name) => !name.startsWith('TLS_') && !(suites12 as string[]).includes(name) && !/PSK|SRP/.test(name));

for (const type of ['ECDSA', 'RSA'] as const) {
  describe(`FAPI 2.0 Security Profile 5.2: TLS with an ${type} certificate`, () => {
    let pair: KeyPair;
    let listener: Listener;

    before(async () => {
      const authority = await CertificateAuthority.root();
      pair = type === 'RSA' ? await authority.issue({ algorithm: rsa(2048), usages: null }) : await selfSigned(['::1']);
      listener = await listen(app, serverOptions(pair));
    });

    after(() => listener.close());

    it('FAPI2-SP-FINAL-5.2.1-2 prefers TLS 1.3', async () => {
      expect(await handshake(listener.port, {})).to.include({ protocol: 'TLSv1.3' });
    });

    for (const version of ['TLSv1', 'TLSv1.1'] as const) {
      it(`FAPI2-SP-FINAL-5.2.1-2 refuses ${version}`, async () => {
        const old = { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' };
        expect(await handshake(listener.port, old)).to.deep.equal({ alert: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
      });
    }

    for (const name of suites12.filter((suite) => suite.includes(type))) {
      it(`FAPI2-SP-FINAL-5.2.2-1 takes ${name} with TLS 1.2`, async () => {
        expect(await handshake(listener.port, { maxVersion: 'TLSv1.2', ciphers: name })).to.deep.equal({
          protocol: 'TLSv1.2',
          suite: name,
        });
      });
    }

    it('takes fewer suites where the file names some', async () => {
      const one = suites12.find((suite) => suite.includes(type) && suite.includes('AES256')) as CipherSuite;
      const strict = await listen(app, serverOptions({ ...pair, ciphers: ['TLS_AES_128_GCM_SHA256', one] }));
      for (const suite of suites12.filter((name) => name.includes(type))) {
        const answer = await handshake(strict.port, { maxVersion: 'TLSv1.2', ciphers: suite });
        expect(answer, suite).to.have.property(suite === one ? 'suite' : 'alert');
      }
      expect(await handshake(strict.port, {})).to.include({ suite: 'TLS_AES_128_GCM_SHA256' });
      await strict.close();
    });

    it(`FAPI2-SP-FINAL-5.2.2-1 refuses every other suite of TLS 1.2`, async () => {
      expect(others).to.include.members(['DHE-RSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES128-SHA256', 'AES128-GCM-SHA256']);
      for (const name of others) {
        const result = await handshake(listener.port, { maxVersion: 'TLSv1.2', ciphers: `${name}:@SECLEVEL=0` });
        expect(result, name).to.have.property('alert');
        // The refusal is the server's, not the client's own.
        expect(result.alert, name).to.be.oneOf([
          'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
          'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
        ]);
      }
    });
  });
}

describe('The listener that asks for client certificates', () => {
  let listener: Listener;

  before(async () => {
    listener = await listen(app, mutualTlsOptions(await selfSigned(['localhost'])));
  });

  after(() => listener.close());

  it('RFC8705-2 completes the handshake without a client certificate', async () => {
    expect((await listener.ask('/')).status).to.equal(200);
  });

  it('RFC8705-2.2 names no certificate authorities, for which Java would withhold a self-signed certificate', async () => {
    // Node shows a CertificateRequest in its trace only, and the trace goes to the standard error of a process.
    const program = `tls.connect({ port: ${listener.port}, rejectUnauthorized: false, maxVersion: 'TLSv1.2' },
      function () { this.end() }).resume()`;
    const trace = await promisify(execFile)(process.execPath, ['--trace-tls', '--no-warnings', '-e', program]);
    expect(trace.stderr).to.match(/CertificateRequest[\s\S]*certificate_authorities \(len=0\)/);
  });
});

describe('A self-signed certificate for development', () => {
  it('is for its hosts, for servers, and for 397 days', async () => {
    const certificate = new X509Certificate((await selfSigned(['localhost', '127.0.0.1', '::1'])).cert);
    const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 86_400_000;

    expect(certificate.checkHost('localhost')).to.equal('localhost');
    expect(certificate.checkIP('127.0.0.1')).to.equal('127.0.0.1');
    expect(certificate.checkIP('::1')).to.equal('::1');
    expect(certificate.keyUsage).to.deep.equal(['1.3.6.1.5.5.7.3.1']);
    expect(days).to.equal(397);
  });

  it('is trusted by who is given it', async () => {
    const pair = await selfSigned(['localhost']);
    const listener = await listen(app, serverOptions(pair));
    const result = await handshake(listener.port, { ca: pair.cert, servername: 'localhost', rejectUnauthorized: true });
    await listener.close();
    expect(result).to.have.property('protocol');
  });
});
