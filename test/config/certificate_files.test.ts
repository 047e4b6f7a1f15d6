import { generateKeyPairSync } from 'node:crypto';

import { expect } from 'chai';

import { CertificateAuthority } from '../support/certificates.ts';
import { directory } from './written.ts';

const listening = (cert: string, key: string) =>
  `issuer: https://as.example.com\ndevelopment: true\nlisten:\n  tls:\n    cert: ${cert}\n    key: ${key}\n`;

describe('certificate files', () => {
  const files = directory();

  before(async () => {
    const authority = await CertificateAuthority.root();
    for (const name of ['own', 'other']) {
      const { certificate, key } = await authority.issue({ subject: `CN=${name}` });
      await files.write(`${name}.crt`, certificate);
      await files.write(`${name}.key`, key);
    }
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    await files.write('weak.key', weak.export({ type: 'pkcs8', format: 'pem' }) as string);
  });

  it('are found beside the configuration file, and named absolutely from then on', async () => {
    const { listen } = await files.load(listening('own.crt', 'own.key'));

    expect(listen.tls?.cert).to.match(/^\/.*\/own\.crt$/);
  });

  it('have to be there', async () => {
    expect(await files.problems(listening('none.crt', 'own.key'))).to.deep.equal([
      'as.yaml:5:5 listen.tls.cert: none.crt cannot be read (ENOENT), write the name of a file that holds a PEM certificate',
    ]);
  });

  it('have to hold what they should', async () => {
    expect(await files.problems(listening('own.key', 'own.crt'))).to.deep.equal([
      'as.yaml:5:5 listen.tls.cert: own.key does not hold a PEM certificate',
      'as.yaml:6:5 listen.tls.key: own.crt does not hold a PEM private key',
    ]);
  });

  it('have to belong together', async () => {
    expect(await files.problems(listening('own.crt', 'other.key'))).to.deep.equal([
      'as.yaml:6:5 listen.tls.key: is not the private key of cert',
    ]);
  });

  it('FAPI2-SP-FINAL-5.4.1-2 hold RSA keys of 2048 bits or more', async () => {
    expect(await files.problems(listening('own.crt', 'weak.key'))).to.include(
      'as.yaml:6:5 listen.tls.key: is an RSA key of 1024 bits, use at least 2048 [FAPI2-SP-FINAL-5.4.1-2]',
    );
  });
});
