import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { expect } from 'chai';

import { CertificateAuthority } from '../support/certificates.ts';
import { directory } from './written.ts';

const key = randomBytes(32).toString('base64url');
const production = (url = 'pglite:', keys = [key]) => `issuer: https://as.example.com
proxy: { trusted: [127.0.0.1/32] }
database: { url: "${url}", encryption_keys: ${JSON.stringify(keys)} }
`;

const x = '11_ad98I1P4hzxI_6iJODrW-O5N2VFvA8dTUVVpxapA';
const y = '5-kZEqVDFx6l3mlEzjArOy_erBQNwpoSeoUAyE0ymMg';

describe('what others could take', () => {
  const files = directory();
  const client = (jwk: object) => `clients: [{ client_id: a, jwks: { keys: [${JSON.stringify(jwk)}] } }]\n`;

  for (const [title, text, problem] of [
    [
      'a sealing key of zeros',
      production('pglite:', [Buffer.alloc(32).toString('base64')]),
      /encryption_keys\.0: is not random/,
    ],
    [
      'a sealing key of zeros in hexadecimal',
      production('pglite:', [key, '0'.repeat(64)]),
      /encryption_keys\.1: is not random/,
    ],
    [
      'a sealing key of a repeated word',
      production('pglite:', [Buffer.alloc(32, 'secret').toString('base64url')]),
      /is not random/,
    ],
    [
      'the sample key',
      production() + client({ kty: 'EC', crv: 'P-256', x, y }),
      /clients\.0\.jwks\.keys\.0 \(client_id a\): is the public sample/,
    ],
    [
      'the sample key respelt',
      production() + client({ kty: 'EC', crv: 'P-256', x: `${x.replaceAll('_', '/').replaceAll('-', '+')}=`, y }),
      /keys\.0 \(client_id a\): is the public sample/,
    ],
    [
      'a subject that is a client_id',
      `${production()}clients: [{ client_id: a }]\naccounts: { module: ./none.js }\n`.replace(
        /accounts.*\n/,
        'accounts: [{ login: j, password_hash: x, claims: { sub: a } }]\n',
      ),
      /accounts\.0\.claims\.sub: is the client_id of a client.*\[FAPI2-SP-FINAL-6\.7\]/,
    ],
  ] as const) {
    it(`refuses ${title}`, async () => {
      expect((await files.problems(text)).join('\n')).to.match(problem);
    });
  }

  it('finds the sample authority second in a bundle, and the sample certificate in a JWK', async () => {
    const { certificate } = await CertificateAuthority.root();
    const sample = await readFile('config/sample/ca.crt', 'utf8');
    await files.write('ca.crt', `${certificate}\n${sample}`);
    const der = (await readFile('config/sample/self_signed.crt', 'utf8')).replace(/-----[^-]+-----|\s/g, '');
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
    const problems = await files.problems(
      `${production()}mtls: { port: 9444, ca: ca.crt }\n${client({ ...own, x5c: [der] })}`,
    );
    expect(problems.map((problem) => problem.replace(/^\S+ /, ''))).to.deep.equal([
      'mtls.ca: is the public sample, whose private key everyone has: use one of your own',
      'clients.0.jwks.keys.0 (client_id a): is the public sample, whose private key everyone has: use one of your own',
    ]);
  });
});

describe('development: true', () => {
  const files = directory();
  const on = (host: string, more = '') =>
    `issuer: https://as.example.com\ndevelopment: true\n${more}listen: { host: "${host}" }\n`;

  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1', '[::1]', 'as.localhost']) {
    it(`may listen on ${host}`, async () => {
      expect(await files.problems(on(host))).to.deep.equal([]);
    });
  }

  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'as.example.com', 'fe80::1%eth0', '::ffff:10.0.0.1']) {
    it(`may not listen on ${host}, unless a second key says so`, async () => {
      expect((await files.problems(on(host))).join()).to.match(/listen\.host: is reached by other machines/);
      expect(await files.problems(on(host, 'dangerously_expose_development: true\n'))).to.deep.equal([]);
    });
  }
});
