import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect } from 'chai';
import { parse } from 'yaml';
import { z } from 'zod';

import { judge } from '../../lib/commands/judge.ts';
import { jsonSchema, loadConfig } from '../../lib/config/load.ts';
import { ConfigError } from '../../lib/errors.ts';
import { CertificateAuthority } from '../support/certificates.ts';
import { keys } from './keys.ts';
import { directory } from './written.ts';

const shipped = join(import.meta.dirname, '../../config');
const read = (name: string) => readFile(join(shipped, name), 'utf8');

describe('config.schema.json', () => {
  it('is what the schema says now (npm run schema writes it)', async () => {
    expect(JSON.parse(await read('config.schema.json'))).to.deep.equal(jsonSchema());
  });

  it('describes every key, for editors', () => {
    const undescribed = [...keys()].filter(({ schema }) => !schema.description).map(({ path }) => path.join('.'));

    expect(undescribed).to.deep.equal([]);
  });

  for (const name of ['development', 'fapi2-security-profile', 'fapi2-message-signing']) {
    it(`finds nothing wrong with ${name}.yaml as it stands, variables and all`, async () => {
      const { error } = z.fromJSONSchema(jsonSchema() as never).safeParse(parse(await read(`${name}.yaml`)));

      expect(error?.issues).to.equal(undefined);
    });
  }

  it('finds a misspelt key', () => {
    const { error } = z
      .fromJSONSchema(jsonSchema() as never)
      .safeParse({ issuer: 'https://a.example.com', profil: 'x' });

    expect(error?.issues[0]).to.deep.include({ code: 'unrecognized_keys', keys: ['profil'] });
  });

  it('lets clients and the JWK Set be the name of a file', () => {
    const { properties } = jsonSchema();

    expect(properties).to.have.nested.property('clients.anyOf[1].type', 'string');
    expect(properties).to.have.nested.property('keys.properties.jwks.anyOf[1].type', 'string');
  });
});

describe('the files in config/', async () => {
  const files = directory();
  const encryptionKey = randomBytes(32).toString('base64');
  let env: Record<string, string>;

  before(async () => {
    const authority = await CertificateAuthority.root();
    const { certificate, key } = await authority.issue({ subject: 'CN=as.example.com' });
    await files.write('tls.crt', certificate);
    await files.write('tls.key', key);
    const ca = await files.write('clients-ca.crt', authority.certificate);
    env = {
      TLS_DIRECTORY: join(ca, '..'),
      DATABASE_URL: 'postgres://localhost/oidc',
      ENCRYPTION_KEY: encryptionKey,
    };
  });

  it('are one for development, one for each profile', async () => {
    const found = (await readdir(shipped)).filter((name) => name.endsWith('.yaml'));

    expect(found).to.include.members(['development.yaml', 'fapi2-message-signing.yaml', 'fapi2-security-profile.yaml']);
  });

  for (const name of ['development', 'fapi2-security-profile', 'fapi2-message-signing']) {
    it(`${name}.yaml is valid, and inside its profile`, async () => {
      const config = await loadConfig(join(shipped, `${name}.yaml`), { env, judge });

      expect(config.profile).to.equal(name === 'development' ? 'fapi2-security-profile' : name);
      expect(config.clients).to.have.length.above(0);
    });

    it(`${name}.yaml tells the editor its schema`, async () => {
      expect(await read(`${name}.yaml`)).to.match(/^# yaml-language-server: \$schema=\.\/config\.schema\.json\n/);
    });
  }

  it('the file of the top README is valid, and inside its profile', async () => {
    const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(await readFile('README.md', 'utf8')) ?? [];

    const config = await files.load(text, { env, judge });

    expect(config.clients).to.have.lengthOf(1);
  });

  it('development.yaml holds Message Signing as well', async () => {
    const set = ['profile=fapi2-message-signing'];

    const { message_signing } = await loadConfig(join(shipped, 'development.yaml'), { set, judge });

    expect(message_signing).to.deep.equal({ signed_request_object: true, jarm: true, signed_introspection: true });
  });

  it('name every key there is, clients’ metadata and a person’s claims aside', async () => {
    const text = (
      await Promise.all(
        ['development', 'fapi2-security-profile', 'fapi2-message-signing'].map((name) => read(`${name}.yaml`)),
      )
    ).join();
    const names = [...keys()]
      .filter(
        ({ path }) =>
          !['clients', 'keys'].includes(`${path[0]}`) && !(path[0] === 'accounts' && path[2] === 'claims' && path[3]),
      )
      .map(({ path }) => path.at(-1));

    expect(names.filter((key) => !new RegExp(`\\b${key}:`).test(text))).to.deep.equal([]);
  });

  it('development.yaml is refused without development: its clients’ private key and its password are public', async () => {
    const set = ['development=false', `database.encryption_keys=[${encryptionKey}]`];

    const error = await loadConfig(join(shipped, 'development.yaml'), { set }).catch((reason) => reason);

    expect(error).to.be.instanceOf(ConfigError);
    const found = (error as ConfigError).problems.map(({ key, text }) => `${key} ${text.split(/[,:]/)[0]}`);
    expect(found).to.include.members([
      'listen has no tls',
      'mtls.ca is the public sample',
      'clients.0.jwks.keys.0 is the public sample',
      'accounts.0.password is in clear',
    ]);
  });

  it('sample certificates belong to the sample key, and the authority issued one of them', async () => {
    const openssl = promisify(execFile);
    const { stdout } = await openssl('openssl', ['verify', '-CAfile', 'ca.crt', 'client.crt'], {
      cwd: join(shipped, 'sample'),
    });

    expect(stdout).to.contain('client.crt: OK');
  });
});
