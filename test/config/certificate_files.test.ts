import { generateKeyPairSync, X509Certificate } from 'node:crypto';

import { expect } from 'chai';

import { CertificateAuthority } from '../support/certificates.ts';
import { directory } from './written.ts';

const listening = (cert: string, key: string) =>
  `issuer: https://as.example.com\ndevelopment: true\nlisten:\n  tls:\n    cert: ${cert}\n    key: ${key}\n`;

const mutual = (ca: string) =>
  `issuer: https://as.example.com\ndevelopment: true\nmtls:\n  port: 9444\n  ca: ${ca}\ndpopp: x\n`;

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
      'as.yaml:5:5 listen.tls.cert: own.key does not hold a PEM certificate: own.key holds no PEM certificate (-----BEGIN CERTIFICATE-----)',
      'as.yaml:6:5 listen.tls.key: own.crt does not hold a PEM private key',
    ]);
  });

  it('have to be valid now', async () => {
    const authority = await CertificateAuthority.root();
    const hour = 3_600_000;
    for (const [name, period, told] of [
      [
        'old',
        { notAfter: new Date(Date.now() - hour) },
        /^as\.yaml:5:5 listen\.tls\.cert: has expired, at \S+Z: write one/,
      ],
      [
        'young',
        { notBefore: new Date(Date.now() + hour) },
        /^as\.yaml:5:5 listen\.tls\.cert: is not valid before \S+Z$/,
      ],
    ] as const) {
      const { certificate, key } = await authority.issue({ subject: `CN=${name}`, ...period });
      await files.write(`${name}.crt`, certificate);
      await files.write(`${name}.key`, key);
      const [problem, ...more] = await files.problems(listening(`${name}.crt`, `${name}.key`));
      expect(problem).to.match(told);
      expect(more).to.deep.equal([]);
    }
  });

  it('have to belong together', async () => {
    expect(await files.problems(listening('own.crt', 'other.key'))).to.deep.equal([
      'as.yaml:6:5 listen.tls.key: is not the private key of cert',
    ]);
  });

  it('are PEM and not encrypted, and what they are instead is told', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const encrypted = { format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
    const pkcs12 = Buffer.from('3082010002010330820100', 'hex');
    for (const [content, told] of [
      [privateKey.export({ type: 'pkcs8', ...encrypted }), 'is encrypted, write what `openssl pkey -in FILE` prints'],
      [privateKey.export({ type: 'sec1', ...encrypted }), 'is encrypted, write what `openssl pkey -in FILE` prints'],
      [
        privateKey.export({ type: 'pkcs8', format: 'der' }),
        'is a private key in DER, write what `openssl pkey -inform DER -in FILE` prints',
      ],
      [pkcs12, 'is PKCS #12, write what `openssl pkcs12 -in FILE -noenc` prints'],
    ] as const) {
      await files.write('odd.key', content);
      expect(await files.problems(listening('own.crt', 'odd.key'))).to.deep.equal([
        `as.yaml:6:5 listen.tls.key: odd.key does not hold a PEM private key: odd.key ${told}`,
      ]);
    }
  });

  it('FAPI2-SP-FINAL-5.4.1-2 hold RSA keys of 2048 bits or more', async () => {
    expect(await files.problems(listening('own.crt', 'weak.key'))).to.include(
      'as.yaml:6:5 listen.tls.key: is an RSA key of 1024 bits, use at least 2048 [FAPI2-SP-FINAL-5.4.1-2]',
    );
  });

  it('of authorities hold certificates of authorities and nothing else, and everything wrong is told in one run', async () => {
    const authority = await CertificateAuthority.root();
    const { certificate, key } = await authority.issue();
    const trusted = authority.certificate.replaceAll(' CERTIFICATE', ' TRUSTED CERTIFICATE');
    const der = new X509Certificate(authority.certificate).raw;
    const contents: [string | Buffer, string][] = [
      ['', 'is empty, write PEM certificates'],
      [der, 'is DER, write what `openssl x509 -inform DER -in FILE` prints'],
      [Buffer.from(`\ufeff${authority.certificate}`, 'utf16le'), 'is UTF-16, write it as UTF-8'],
      ['authorities', 'holds no PEM certificate (-----BEGIN CERTIFICATE-----)'],
      [certificate, 'holds CN=client, which is no certificate authority and vouches for nobody, leave it out'],
      [
        `${authority.certificate}\n${authority.certificate.slice(0, 200)}`,
        'has a BEGIN without its END, copy the file again whole',
      ],
    ];
    for (const [content, told] of contents) {
      await files.write('ca.crt', content);
      expect(await files.problems(mutual('ca.crt'))).to.deep.equal([
        `as.yaml:5:3 mtls.ca: ca.crt does not hold PEM certificates of authorities: ca.crt ${told}`,
        'as.yaml:6:1 dpopp: is no known key, did you mean dpop?',
      ]);
    }
    const lines = authority.certificate.trim().split('\n').length;
    await files.write('ca.crt', `${authority.certificate.trim()}\n${key.trim()}\n# and\n${trusted}`);
    const [problem] = await files.problems(mutual('ca.crt'));
    expect(problem).to.contain(`ca.crt:${lines + 1} is a private key, which has no place here`);
    expect(problem).to.contain('is a TRUSTED CERTIFICATE of OpenSSL, write what `openssl x509 -in FILE` prints');
  });

  it('of authorities may look as files from elsewhere do', async () => {
    const [one, two] = await Promise.all([CertificateAuthority.root(), CertificateAuthority.root('CN=Other')]);
    const text = `subject=CN = Test Root\n${one.certificate}\n\nBag Attributes: x\n${two.certificate.replace(/$/gm, '  ')}\n`;
    for (const odd of [
      text,
      `\ufeff${text}`,
      text.replaceAll('\n', '\r\n'),
      text.replaceAll('\n', '\r'),
      text.replaceAll('BEGIN CERT', 'BEGIN X509 CERT').replaceAll('END CERT', 'END X509 CERT'),
    ]) {
      await files.write('ca.crt', odd);
      expect(await files.problems(mutual('ca.crt').replace('dpopp: x\n', ''))).to.deep.equal([]);
    }
  });

  it('of revocation lists hold such', async () => {
    const authority = await CertificateAuthority.root();
    await files.write('ca.crt', authority.certificate);
    await files.write('one.crl', 'none');
    const text = mutual('ca.crt')
      .replace('dpopp: x', '')
      .replace('ca: ca.crt', 'ca: ca.crt\n  crl: [one.crl, ca.crt, away.crl]');
    expect(await files.problems(text)).to.deep.equal([
      'as.yaml:6:9 mtls.crl.0: one.crl does not hold revocation lists: one.crl holds no revocation list (-----BEGIN X509 CRL-----)',
      'as.yaml:6:18 mtls.crl.1: ca.crt does not hold revocation lists: ca.crt:1 is a CERTIFICATE, write a revocation list (X509 CRL)',
      'as.yaml:6:26 mtls.crl.2: away.crl cannot be read (ENOENT), write the name of a file that holds revocation lists',
    ]);
  });
});
