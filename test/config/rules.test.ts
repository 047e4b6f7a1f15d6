import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { judgeWhole as judge } from '../../lib/commands/judge.ts';
import { directory } from './written.ts';

const development = 'issuer: https://as.example.com\ndevelopment: true\n';
const production = `issuer: https://as.example.com
proxy: { trusted: [127.0.0.1/32] }
database: { encryption_keys: [${randomBytes(32).toString('base64url')}] }
`;

describe('values', () => {
  const files = directory();

  for (const [title, written, problem] of [
    [
      'FAPI2-SP-FINAL-5.2.1-1 an issuer is https',
      'issuer: http://as.example.com',
      'issuer: is not an https URL, write https://... [FAPI2-SP-FINAL-5.2.1-1]',
    ],
    [
      'RFC8414-2 an issuer has no query',
      'issuer: https://as.example.com?a=b',
      'issuer: has a query or a fragment, leave it out [RFC8414-2]',
    ],
    [
      'RFC8414-2 an issuer has no fragment',
      'issuer: https://as.example.com/#',
      'issuer: has a query or a fragment, leave it out [RFC8414-2]',
    ],
    [
      'an issuer has one spelling: no slash at its end',
      'issuer: https://as.example.com/',
      'issuer: has more than one spelling, write https://as.example.com',
    ],
    [
      'an issuer has one spelling: lower case',
      'issuer: https://AS.example.com/op',
      'issuer: has more than one spelling, write https://as.example.com/op',
    ],
    [
      'an issuer has one spelling: no default port',
      'issuer: https://as.example.com:443',
      'issuer: has more than one spelling, write https://as.example.com',
    ],
    [
      'an issuer names no user',
      'issuer: https://me@as.example.com',
      'issuer: carries a user name or password, leave it out',
    ],
    [
      'FAPI2-SP-FINAL-5.3.2.2-12 a request_uri lives less than 600 seconds',
      'par: { request_uri_lifetime: 600 }',
      'par.request_uri_lifetime: is too long, write 5 to 599 seconds [FAPI2-SP-FINAL-5.3.2.2-12]',
    ],
    [
      'the host of an outgoing request has a name',
      'outbound: { allow: [10.0.0.0/8, keys.example.com, "*.example.com", "https://keys"] }',
      'outbound.allow.3: is no range of addresses and no name of a host, write for example 10.0.0.0/8, keys.example.com or *.example.com',
    ],
    [
      'a proxy has an address, and its password is told to nobody',
      'outbound: { proxy: "user:hidden@proxy:3128" }',
      'outbound.proxy: is no address of a proxy, write http://host:port, or http://user:password@host:port',
    ],
    [
      'authorities of others stand in files',
      'outbound: { ca: [none.crt] }',
      'outbound.ca.0: none.crt cannot be read (ENOENT), write the name of a file that holds PEM certificates of authorities',
    ],
    [
      'a login ends no later unused than used',
      'ttl: { session: 3600, session_idle: 7200 }',
      'ttl.session_idle: is longer than ttl.session, write at most 3600',
    ],
    [
      'FAPI2-SP-FINAL-5.3.2.2-12 a request_uri lives long enough to be used',
      'par: { request_uri_lifetime: 4 }',
      'par.request_uri_lifetime: is too short to be used, write 5 to 599 seconds [FAPI2-SP-FINAL-5.3.2.2-12]',
    ],
    [
      'FAPI2-SP-FINAL-5.3.2.1-11 a code lives 60 seconds at most',
      'ttl: { authorization_code: 61 }',
      'ttl.authorization_code: is too long, write at most 60 seconds [FAPI2-SP-FINAL-5.3.2.1-11]',
    ],
    [
      'FAPI2-SP-FINAL-5.3.2.1-13 clocks may differ by 10 seconds',
      'clock_tolerance: 9',
      'clock_tolerance: is too small, write 10 to 59 seconds [FAPI2-SP-FINAL-5.3.2.1-13]',
    ],
    [
      'FAPI2-SP-FINAL-5.3.2.1-13 clocks may not differ by 60 seconds',
      'clock_tolerance: 60',
      'clock_tolerance: is too large, write 10 to 59 seconds [FAPI2-SP-FINAL-5.3.2.1-13]',
    ],
    [
      'FAPI2-SP-FINAL-5.4.1-1 algorithms are the permitted ones',
      'algorithms: [none]',
      'algorithms.0: is none of the permitted ones, write some of PS256, ES256, EdDSA, Ed25519 [FAPI2-SP-FINAL-5.4.1-1]',
    ],
    ['a misspelt value is corrected', 'dpop: { nonce: requierd }', 'dpop.nonce: is requierd, did you mean required?'],
    [
      'a value of another type is named by its type, never shown',
      'database: { url: [secret] }',
      'database.url: is a list, write text',
    ],
    ['a database is one we know', 'database: { url: mysql://x }', 'database.url: names no database'],
    [
      'a password in a URL is encoded, and never shown',
      'database: { url: "postgres://jane:12/s3cret@db/as" }',
      'database.url: has a raw / in its user or password, write %2F instead',
    ],
    [
      'a proxy is an address',
      'proxy: { trusted: [proxy.example.com] }',
      'proxy.trusted.0: is not an address or a range of addresses, write for example 10.0.0.0/8',
    ],
    [
      'a range of addresses is one',
      'proxy: { trusted: [10.0.0.0/33] }',
      'proxy.trusted.0: is not an address or a range of addresses, write for example 10.0.0.0/8',
    ],
    ['accounts are a list or a module', 'accounts: jane', 'accounts: is text, write a list or a map of keys'],
    ['an account is a map', 'accounts: [jane]', 'accounts.0: is text, write a map of keys'],
    [
      'a password hash is one',
      'accounts: [{ login: jane, password_hash: $2b$12$x }]',
      'accounts.0.password_hash: is not a password hash, write $scrypt$',
    ],
    [
      'a subject is one',
      'accounts: [{ login: jane, password: x, claims: { sub: "a b" } }]',
      'accounts.0.claims.sub: is no subject, write 1 to 255 visible ASCII characters',
    ],
    [
      'logins that look the same are the same',
      'accounts: [{ login: jane, password: x }, { login: Jane, password: y }]',
      'accounts.1.login: stands at as.yaml:3 already, write another one',
    ],
    [
      'OIDCC-5.5.1.1 an acr is one that a login of the file reaches',
      'acr: { "urn:example:silver": [pwd, otp] }',
      'acr.urn:example:silver: asks for otp, and accounts of the file log in by pwd alone: write a module in accounts, or extend [OIDCC-5.5.1.1]',
    ],
    ['an acr is reached by something', 'acr: { bronze: [] }', 'acr.bronze: names no method, write [pwd]'],
    ['an acr has no spaces', 'acr: { "a b": [pwd] }', 'acr.a b: is no acr, write one without spaces'],
    ['subjects are of one type', 'subject: pairwize', 'subject: is pairwize, did you mean pairwise?'],
    [
      'the form of a further parameter is a regular expression',
      'extra_parameters: { purpose: { pattern: "[" } }',
      'extra_parameters.purpose.pattern: is no regular expression',
    ],
    [
      'a further parameter can be as long as it must',
      'extra_parameters: { purpose: { min_length: 3, max_length: 2 } }',
      'extra_parameters.purpose.max_length: is less than min_length, write at least 3',
    ],
    [
      'a request object lives an hour at most',
      'request_object: { max_lifetime: 3601 }',
      'request_object.max_lifetime: is too long, write at most 3600 seconds',
    ],
    [
      'the module of accounts is there',
      'accounts: { module: ./accounts.js }',
      'accounts.module: accounts.js cannot be read (ENOENT)',
    ],
    [
      'listeners have a port each',
      'listen: { port: 8443 }\nmtls: { port: 8443 }',
      'mtls.port: is the port of listen, write another one',
    ],
    ['mutual TLS has a port', 'mtls: {}', 'mtls.port: is missing'],
    [
      'message_signing belongs to its profile',
      'message_signing: { jarm: true }',
      'message_signing: belongs to profile: fapi2-message-signing, write that profile or leave this out',
    ],
    [
      'message_signing claims something',
      'profile: fapi2-message-signing\nmessage_signing: { jarm: false }',
      'message_signing: claims no part',
    ],
    [
      'metadata that FAPI has no use for is no key',
      'clients: [{ client_id: a, client_secret: s }]',
      'clients.0.client_secret (client_id a): is no known key',
    ],
  ] as const) {
    it(title, async () => {
      const [first, ...more] = await files.problems(
        written.startsWith('issuer') ? `development: true\n${written}\n` : `${development}${written}\n`,
      );

      expect(first).to.contain(problem);
      expect(more).to.deep.equal([]);
    });
  }

  it('FAPI2-SP-FINAL-5.2.2-1 a cipher suite is one of the profile', async () => {
    const problems = await files.problems(`${development}listen: { tls: { cert: a, key: b, ciphers: [AES128-SHA] } }`);
    expect(problems.join('\n')).to.match(/listen\.tls\.ciphers\.0: is no cipher suite of the profile, write some of/);
  });

  it('may be the edges of what is permitted', async () => {
    for (const seconds of [5, 599]) await files.load(`${development}par: { request_uri_lifetime: ${seconds} }\n`);
    for (const seconds of [10, 59]) await files.load(`${development}clock_tolerance: ${seconds}\n`);
    await files.load(`${development}ttl: { authorization_code: 60 }\n`);
  });

  it('name the parts of Message Signing that are claimed', async () => {
    const { message_signing } = await files.load(
      `${development}profile: fapi2-message-signing\nmessage_signing: { jarm: true }\n`,
    );

    expect(message_signing).to.deep.equal({ signed_request_object: false, jarm: true, signed_introspection: false });
  });

  for (const [written, url] of [
    ['mtls: { port: 9444 }', 'https://as.example.com:9444'],
    ['mtls: { port: 443, host: mtls.example.com }\nlisten: { port: 8443 }', 'https://mtls.example.com'],
    ['mtls: { port: 9444, url: "https://mtls.example.com" }', 'https://mtls.example.com'],
  ] as const) {
    it(`say where mutual TLS is reached: ${written.split('\n')[0]}`, async () => {
      expect((await files.load(`${development}${written}\n`)).mtls?.url).to.equal(url);
    });
  }
});

describe('without development', () => {
  const files = directory();

  it('a proxy that ends TLS will do instead of a certificate', async () => {
    expect(await files.problems(production)).to.deep.equal([]);
  });

  it('FAPI2-SP-FINAL-5.2.1-1 a certificate is needed where no proxy ends TLS', async () => {
    expect(await files.problems(production.replace(/proxy.*\n/, ''))).to.deep.equal([
      'as.yaml:1:1 listen: has no tls, write tls: { cert: ..., key: ... }, or name the proxy that ends TLS under proxy [FAPI2-SP-FINAL-5.2.1-1]',
    ]);
  });

  it('a port for everyone that takes client certificates is for development', async () => {
    expect(await files.problems(`${production}\nlisten: { client_certificate: true }`)).to.deep.equal([
      `as.yaml:${production.split('\n').length + 1}:11 listen.client_certificate: is for development, leave it out: clients find the listener of mtls by mtls_endpoint_aliases`,
    ]);
  });

  it('a database on another machine is reached by TLS, or by a URL that says otherwise', async () => {
    const at = (url: string) => production.replace('database: { ', `database: { url: "${url}", `);
    const [problem, ...more] = await files.problems(at('postgres://jane:s3cret@db.example.com/as'));
    expect(problem).to.contain('database.url: is on another machine and reached without TLS');
    expect(problem).not.to.contain('s3cret');
    expect(more).to.deep.equal([]);
    const tls = at('postgres://db.example.com/as').replace('database: {', 'database: { tls: {},');
    for (const fine of [tls, at('postgres://db.example.com/as?sslmode=disable'), at('postgres://localhost/as')]) {
      expect(await files.problems(fine)).to.deep.equal([]);
    }
  });

  it('keys that seal rows are needed', async () => {
    expect(await files.problems(production.replace(/database.*\n/, ''))).to.deep.equal([
      'as.yaml:1:1 database.encryption_keys: is missing, write what `openssl rand -base64 32` prints',
    ]);
  });

  it('a password in clear is refused, and not shown', async () => {
    const [problem] = await files.problems(`${production}accounts: [{ login: jane, password: s3cret }]\n`);

    expect(problem).to.match(/^as\.yaml:4:\d+ accounts\.0\.password: is in clear/);
    expect(problem).not.to.contain('s3cret');
  });
});

describe('what a profile finds', () => {
  const files = directory();

  it('is reported at its place, in the same run as what is wrong with the file itself', async () => {
    const problems = await files.problems(
      [
        ...development.trim().split('\n'),
        'dpop: { nonces: required }',
        'clients:',
        '  - client_id: a',
        '    token_endpoint_auth_method: client_secret_basic',
        '    grant_types: [password]',
        '    redirect_uris:',
        '      - http://a.example.com/callback',
        '    id_token_signed_response_alg: RS256',
      ].join('\n'),
      { judge },
    );

    expect(problems).to.deep.include('as.yaml:3:9 dpop.nonces: is no known key, did you mean nonce?');
    for (const [place, clause] of [
      ['as.yaml:6:5 clients.0.token_endpoint_auth_method', 'FAPI2-SP-FINAL-5.3.2.1-3'],
      ['as.yaml:7:', 'FAPI2-SP-FINAL-5.3.2.1-2'],
      ['as.yaml:9:9 clients.0.redirect_uris.0', 'FAPI2-SP-FINAL-5.3.2.2-8'],
      ['as.yaml:10:5 clients.0.id_token_signed_response_alg', 'FAPI2-SP-FINAL-5.4.1-1'],
    ] as const) {
      const found = problems.find((problem) => problem.startsWith(place) && problem.endsWith(`[${clause}]`));
      expect(found, `${clause} in\n${problems.join('\n')}`).not.to.equal(undefined);
    }
  });

  it('is every clause, also where several are violated by one key', async () => {
    const problems = await files.problems(
      `${development}clients:\n  - client_id: a\n    redirect_uris: [https://a.example.com/]\n    token_endpoint_auth_method: none\n`,
      {
        judge: () =>
          ['FAPI2-SP-FINAL-5.3.2.1-3' as const, 'FAPI2-SP-FINAL-5.3.2.1-6' as const].map((clause) => ({
            clause,
            path: ['clients', 0, 'token_endpoint_auth_method'],
            text: 'is outside',
          })),
      },
    );

    expect(problems).to.deep.equal([
      'as.yaml:6:5 clients.0.token_endpoint_auth_method (client_id a): is outside [FAPI2-SP-FINAL-5.3.2.1-3]',
      'as.yaml:6:5 clients.0.token_endpoint_auth_method (client_id a): is outside [FAPI2-SP-FINAL-5.3.2.1-6]',
    ]);
  });

  it('is not said of a value that is reported already', async () => {
    const problems = await files.problems(
      `${development}clients: [{ client_id: a, jwks_uri: https://a.example.com/, redirect_uris: [nowhere] }]\n`,
      {
        judge,
      },
    );

    expect(problems).to.deep.equal(['as.yaml:3:77 clients.0.redirect_uris.0 (client_id a): is no URL']);
  });

  it('stands at the line of the file the clients are read from', async () => {
    await files.write(
      'clients.yaml',
      '- client_id: a\n  jwks_uri: https://a.example.com/\n  redirect_uris:\n    - http://a.example.com/callback\n  scop: openid\n',
    );

    const problems = await files.problems(`${development}clients: clients.yaml\n`, { judge });

    expect(problems).to.have.length(2);
    expect(problems[0]).to.match(
      /^clients\.yaml:4:7 clients\.0\.redirect_uris\.0 \(client_id a\): .*\[FAPI2-SP-FINAL-5\.3\.2\.2-8\]$/,
    );
    expect(problems[1]).to.equal('clients.yaml:5:3 clients.0.scop (client_id a): is no known key, did you mean scope?');
  });

  it('says which file of clients is not there', async () => {
    expect(await files.problems(`${development}clients: nowhere.yaml\n`)).to.deep.equal([
      'as.yaml:3:1 clients: nowhere.yaml cannot be read (ENOENT), write the name of a YAML file',
    ]);
  });

  it('FAPI2-SP-FINAL-5.4.1-2 stands at the weak key in its JWK Set', async () => {
    const { generateKeyPairSync } = await import('node:crypto');
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ format: 'jwk' });
    const strong = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    const keys = [
      { ...strong, kid: 'strong', alg: 'ES256', use: 'sig' },
      { ...weak, kid: 'weak', alg: 'PS256', use: 'sig' },
    ];
    await files.write('keys.json', `{\n"keys": [\n${keys.map((key) => JSON.stringify(key)).join(',\n')}\n]\n}`);

    const problems = await files.problems(`${development}keys: { jwks: keys.json }\n`, { judge });

    expect(problems).to.have.length(1);
    expect(problems[0]).to.match(/^keys\.json:4:1 keys\.jwks\.keys\.1: .*1024 bits.*\[FAPI2-SP-FINAL-5\.4\.1-2\]$/);
  });
});
