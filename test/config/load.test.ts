import { expect } from 'chai';

import { loadConfig, locate, violationProblems } from '../../lib/config/load.ts';
import { ConfigError } from '../../lib/errors.ts';
import { directory } from './written.ts';

const minimal = 'issuer: https://as.example.com\ndevelopment: true\n';

describe('the configuration file', () => {
  const files = directory();

  it('needs an issuer and nothing else in development; everything else has a default', async () => {
    const config = await files.load(minimal);

    expect(config).to.deep.include({ profile: 'fapi2-security-profile', clients: [], accounts: [], resource: false });
    expect(config.par).to.deep.include({ request_uri_lifetime: 60 });
    expect(config.ttl).to.deep.include({ authorization_code: 60, access_token: 300, interaction: 600 });
    expect(config.database).to.deep.include({ url: 'pglite:./data' });
    expect(Buffer.from(config.database.encryption_keys[0] ?? '', 'base64url')).to.have.length(32);
  });

  it('has every problem reported in one run, each at its line and column, with the key and what to write', async () => {
    const problems = await files.problems(
      [
        'issuer: http://as.example.com',
        'profil: fapi2-security-profile',
        'listen: { hots: localhost, port: abc }',
        'par: { request_uri_lifetime: 600 }',
        'ttl:',
        '  acces_token: 5',
        'database: { encryption_keys: [short] }',
        'algorithms: [ES256, RS256]',
        'clients:',
        '  - client_id: a',
        '    redirect_uris: [nowhere]',
        '    redirect_uri: https://a.example.com',
        '  - client_id: a',
        'accounts:',
        '  - { login: jane, password: secret }',
      ].join('\n'),
    );

    expect(problems).to.deep.equal([
      'as.yaml:1:1 issuer: is not an https URL, write https://... [FAPI2-SP-FINAL-5.2.1-1]',
      'as.yaml:2:1 profil: is no known key, did you mean profile?',
      'as.yaml:3:1 listen: has no tls, write tls: { cert: ..., key: ... }, or name the proxy that ends TLS under proxy [FAPI2-SP-FINAL-5.2.1-1]',
      'as.yaml:3:11 listen.hots: is no known key, did you mean host?',
      'as.yaml:3:28 listen.port: is text, write a whole number: port for everyone',
      'as.yaml:4:8 par.request_uri_lifetime: is too long, write 5 to 599 seconds [FAPI2-SP-FINAL-5.3.2.2-12]',
      'as.yaml:6:3 ttl.acces_token: is no known key, did you mean access_token?',
      'as.yaml:7:31 database.encryption_keys.0: is not 32 bytes, write what `openssl rand -base64 32` prints',
      'as.yaml:8:21 algorithms.1: is none of the permitted ones, write some of PS256, ES256, EdDSA, Ed25519 [FAPI2-SP-FINAL-5.4.1-1]',
      'as.yaml:11:21 clients.0.redirect_uris.0 (client_id a): is no URL',
      'as.yaml:12:5 clients.0.redirect_uri (client_id a): is no known key, did you mean redirect_uris?',
      'as.yaml:13:5 clients.1.client_id (client_id a): stands at as.yaml:10 already, write another one',
      'as.yaml:15:20 accounts.0.password: is in clear, write the password_hash that `oidc-provider-fapi accounts hash` prints',
    ]);
  });

  it('says when there is no such file', async () => {
    const error = await loadConfig('/nowhere/as.yaml').catch((reason) => reason);

    expect(error).to.be.instanceOf(ConfigError);
    expect(error.message).to.match(/^\/nowhere\/as\.yaml:1:1 cannot be read \(ENOENT\)/);
  });

  it('reports an empty file as one without an issuer', async () => {
    expect((await files.problems('')).join()).to.contain(
      'as.yaml:1:1 issuer: is missing, write text: Issuer Identifier',
    );
  });

  it('is YAML: a syntax error has a line and a column', async () => {
    const problems = await files.problems(`${minimal}listen: { port: 1\nmtls: {}\n`);

    expect(problems).to.have.length.above(0);
    for (const problem of problems) expect(problem).to.match(/^as\.yaml:4:\d+ \w/);
  });

  it('has anchors: one may serve a thousand clients, and one that is not there is a problem at its place', async () => {
    const uses = Array.from({ length: 1000 }, (_, index) => `  - { client_id: c${index}, grant_types: *grants }`);
    const client = '  - { client_id: a, grant_types: &grants [client_credentials] }';
    const config = await files.load(`${minimal}clients:\n${[client, ...uses].join('\n')}\n`);
    expect(config.clients).to.have.nested.property('[1000].grant_types[0]', 'client_credentials');

    expect(await files.problems(`${minimal}clients:\n${uses[0]}\n`)).to.deep.equal([
      'as.yaml:4:35 *grants stands for nothing, write &grants further up',
    ]);
  });

  for (const text of ['- a list', 'text', '42']) {
    it(`is a map of keys, not ${text}`, async () => {
      expect(await files.problems(`${text}\n`)).to.deep.equal([
        'as.yaml:1:1 holds no keys, write for example issuer: https://...',
      ]);
    });
  }

  it('has each key once', async () => {
    expect(await files.problems(`${minimal}dpop: { nonce: off }\ndpop: { nonce: required }\n`)).to.deep.equal([
      'as.yaml:4:1 this key stands here twice, remove one',
    ]);
  });

  it('can be located: by key, by item, by what an alias stands for, and by the nearest parent', async () => {
    const config = await files.load(
      [
        ...minimal.trim().split('\n'),
        'clients:',
        '  - client_id: a',
        '    redirect_uris: &uris',
        '      - https://a.example.com/1',
        '      - https://a.example.com/2',
        '  - client_id: b',
        '    redirect_uris: *uris',
      ].join('\n'),
    );

    const at = (...path: (string | number)[]) => {
      const { line, column } = locate(config, path);
      return [line, column];
    };
    expect(at('clients', 0, 'redirect_uris')).to.deep.equal([5, 5]);
    expect(at('clients', 0, 'redirect_uris', 1)).to.deep.equal([7, 9]);
    expect(at('clients', 1, 'redirect_uris', 1)).to.deep.equal([7, 9]);
    expect(at('clients', 1, 'scope')).to.deep.equal([8, 5]);
    expect(at('ttl', 'authorization_code')).to.deep.equal([1, 1]);
  });

  it('places what a profile finds in core’s words at the file’s own key', async () => {
    const config = await files.load(`${minimal}ttl: { access_token: 7200 }\n`);

    const [problem] = violationProblems(config, [
      { clause: 'FAPI2-SP-FINAL-6.1', path: ['ttl', 'AccessToken'], text: 'is long' },
    ]);

    expect(problem).to.deep.include({ line: 3, column: 8, key: 'ttl.access_token', clause: 'FAPI2-SP-FINAL-6.1' });
  });
});
