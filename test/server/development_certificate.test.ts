import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { get, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect } from 'chai';
import { importJWK } from 'jose';
import Koa from 'koa';

import { loadConfig } from '../../lib/config/load.ts';
import { Resources } from '../../lib/resources.ts';
import { developmentCertificate } from '../../lib/server/development_certificate.ts';
import { startServer } from '../../lib/server/server.ts';
import { serverOptions } from '../../lib/server/tls.ts';
import { listen } from '../support/listener.ts';
import { databaseOf } from '../support/postgres.ts';

const run = promisify(execFile);

describe('A development certificate', () => {
  let folder: string;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'development-')), 'tls');
  });
  afterEach(() => rm(join(folder, '..'), { recursive: true }));

  it('is the same after a restart, so that who trusts it once trusts it then', async () => {
    const first = await developmentCertificate(folder, ['localhost']);
    expect(await developmentCertificate(folder, ['localhost'])).to.deep.equal(first);
  });

  it('is one and the same for processes that start together', async () => {
    const made = await Promise.all(Array.from({ length: 4 }, () => developmentCertificate(folder, [])));
    expect(new Set(made.map(({ cert }) => cert)).size).to.equal(1);
    for (const { cert, authority } of made) {
      const issuer = new X509Certificate(await readFile(authority));
      expect(new X509Certificate(cert).verify(issuer.publicKey)).to.equal(true);
    }
  });

  it('is for localhost, 127.0.0.1, ::1 and the hosts asked for, by OpenSSL’s verdict; another host makes a new one of the same authority', async () => {
    const { authority } = await developmentCertificate(folder, ['localhost']);
    const before = await readFile(authority, 'utf8');
    const { cert } = await developmentCertificate(folder, ['as.example.test']);
    expect(await readFile(authority, 'utf8')).to.equal(before);
    const file = join(folder, 'served.crt');
    await writeFile(file, cert);
    for (const name of [
      ['-verify_hostname', 'as.example.test'],
      ['-verify_ip', '127.0.0.1'],
      ['-verify_ip', '::1'],
    ]) {
      const { stdout } = await run('openssl', ['verify', '-CAfile', authority, ...name, file]);
      expect(stdout).to.include('OK');
    }
  });

  it('is made by what is this user’s alone: folder 0700, keys 0600', async () => {
    await developmentCertificate(folder, []);
    expect((await stat(folder)).mode & 0o777).to.equal(0o700);
    for (const name of ['authority.pem', 'server.pem']) {
      expect((await stat(join(folder, name))).mode & 0o777).to.equal(0o600);
    }
    expect((await readdir(folder)).sort()).to.deep.equal([
      'authority.crt',
      'authority.p12',
      'authority.pem',
      'server.pem',
    ]);
  });

  it('is trusted by a client that was given the PEM file, and its PKCS #12 file is opened by OpenSSL', async () => {
    const pair = await developmentCertificate(folder, []);
    const app = new Koa().use((ctx) => {
      ctx.body = 'ok';
    });
    const listener = await listen(app, serverOptions(pair));
    try {
      const ca = await readFile(pair.authority);
      const status = await new Promise((resolve, reject) =>
        get({ port: listener.port, host: 'localhost', ca }, ({ statusCode }) => resolve(statusCode)).on(
          'error',
          reject,
        ),
      );
      expect(status).to.equal(200);
    } finally {
      await listener.close();
    }
    const { stdout } = await run('openssl', [
      'pkcs12',
      '-in',
      pair.trustStore,
      '-passin',
      'pass:development',
      '-nokeys',
    ]);
    expect(stdout).to.include((await readFile(pair.authority, 'utf8')).split('\n')[1]);
  });

  it('is told by the server that made it, with the sample client’s key beside it', async () => {
    const data = join(folder, '..');
    const set = ['listen.port=0', 'mtls.port=0', `database.url="pglite:${data}"`];
    const server = await startServer(await loadConfig('config/development.yaml', { set }));
    try {
      expect(server.certificate?.authority).to.equal(join(folder, 'authority.crt'));
      const jwk = JSON.parse(await readFile(join(folder, 'sample_client.jwk'), 'utf8'));
      expect(await importJWK(jwk)).to.have.property('type', 'private');
      expect(jwk.kid).to.equal('sample');
    } finally {
      await server.close();
    }
  });
});

describe('RFC8705-5 listen.client_certificate', () => {
  const resources = new Resources();
  after(() => resources.close());

  for (const [setting, status] of [
    ['true', 201],
    ['false', 401],
  ] as const) {
    it(`${setting}: a client that knows no alias is answered with ${status} at the port for everyone`, async () => {
      const ports = ['listen.port=0', 'mtls.port=0', 'issuer=https://localhost', 'mtls.url=https://localhost:1'];
      const set = [...ports, `listen.client_certificate=${setting}`, `database.url="${await databaseOf(resources)}"`];
      const server = await startServer(await loadConfig('config/development.yaml', { set }));
      try {
        const [cert, key] = await Promise.all(
          ['client.crt', 'client.key'].map((name) => readFile(`config/sample/${name}`)),
        );
        const body = new URLSearchParams({
          client_id: 'tls_client_auth-mtls',
          response_type: 'code',
          redirect_uri: 'http://127.0.0.1/callback',
          scope: 'openid',
          code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
          code_challenge_method: 'S256',
        });
        const answered = new Promise((resolve, reject) => {
          const { port } = new URL(server.url);
          const headers = { host: 'localhost', 'content-type': 'application/x-www-form-urlencoded' };
          const options = { method: 'POST', port, path: '/request', cert, key, headers, rejectUnauthorized: false };
          request(options, ({ statusCode }) => resolve(statusCode))
            .on('error', reject)
            .end(`${body}`);
        });
        expect(await answered).to.equal(status);
      } finally {
        await server.close();
      }
    });
  }
});
