import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { readClientFile } from '../../lib/clients/client_file.ts';
import { assignment } from '../../lib/commands/assignment.ts';
import * as commands from '../../lib/commands/clients.ts';
import { type Config, loadConfig } from '../../lib/config/load.ts';
import { authorize, Browser } from '../../lib/demo/browser.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import { Resources } from '../../lib/resources.ts';
import { type RunningServer, startServer } from '../../lib/server/server.ts';
import { authority } from '../flows/clients.ts';
import { configured, trustingFetch } from '../flows/server.ts';
import { migratedDatabase, type TestDatabase } from '../support/postgres.ts';
import { Program } from '../support/program.ts';
import { RawClient } from '../support/raw_client.ts';
import { person } from '../support/wire_client.ts';
import { development, run } from './cli.ts';

describe('oidc-provider-fapi clients', () => {
  let database: TestDatabase;
  let folder: string;
  let set: string[];
  let raw: RawClient;

  before(async () => {
    database = await migratedDatabase();
    folder = await mkdtemp(join(tmpdir(), 'clients-'));
    const port = await freePort();
    raw = await RawClient.create(`https://localhost:${port}`);
    set = await configured(folder, {
      database: database.url,
      port,
      clients: raw.others.map((metadata) => ({ metadata })),
    });
  });
  after(async () => {
    await database?.drop();
    await rm(folder, { recursive: true });
  });

  const clients = (args: readonly string[], input = '', more: readonly string[] = []) => {
    const sets = [...set, ...more].flatMap((assignment) => ['--set', assignment]);
    return run(['clients', ...args, '--config', development, ...sets], { input });
  };

  /** What a command prints, run in this process. */
  async function told<Rest extends readonly unknown[]>(
    command: (config: Config, resources: Resources, ...rest: Rest) => Promise<void>,
    ...rest: Rest
  ): Promise<string> {
    const resources = new Resources();
    const lines: string[] = [];
    const { log } = console;
    console.log = (text: string) => void lines.push(text);
    try {
      await command(await loadConfig(development, { set }), resources, ...rest);
    } finally {
      console.log = log;
      await resources.close();
    }
    return lines.join('\n');
  }

  it('add, set, list and show', async () => {
    const { client_id, ...metadata } = raw.metadata;
    const added = await clients(['add', '-', '-m', `client_id=${client_id}`, '--json'], JSON.stringify(metadata));
    expect([added.code, added.stderr]).to.deep.equal([0, '']);
    expect(JSON.parse(added.stdout)).to.include({ client_id: 'client' });

    const { code, stdout } = await clients(['list']);
    expect(code).to.equal(0);
    expect(stdout).to.match(/^client_id +name +authentication +source +disabled$/m);
    expect(stdout).to.match(/^client +private_key_jwt +database$/m);
    expect(stdout).to.match(/^clien +private_key_jwt +file$/m);
    for (const line of stdout.split('\n')) expect(line.length).to.be.at.most(80);

    const assignments = ['client_name=The Shop: open', 'client_uri=', 'default_max_age=60'];
    const said = assignments.reduce<Record<string, unknown>>((before, text) => assignment(text, before), {});
    expect(said).to.deep.equal({ client_name: 'The Shop: open', client_uri: null, default_max_age: 60 });
    expect(await told(commands.set, 'client', said, { json: false })).to.equal('changed client');
    const shown = JSON.parse(await told(commands.show, 'client', { json: true }));
    expect(shown).to.deep.include({ client_name: 'The Shop: open', source: 'database', jwks: metadata.jwks });
    expect(shown).to.not.have.property('client_uri');
    expect(await told(commands.show, 'client', { json: false })).to.match(/^client_name +The Shop: open$/m);

    await writeFile(join(folder, 'exported.json'), await told(commands.exportClients, { format: 'json' }));
    const removed = await told(commands.remove, 'client', { json: false });
    expect(removed).to.equal('removed client\nended 0 grants and 0 tokens');
    const options = { json: false, replace: false };
    const imported = await told(commands.importClients, join(folder, 'exported.json'), options);
    expect(imported).to.equal('imported 1 clients');
    expect(JSON.parse(await told(commands.show, 'client', { json: true }))).to.deep.equal(shown);
  }).timeout(60_000);

  it('everything that is wrong with a file is said at its place, with exit code 2', async () => {
    const file = join(folder, 'wrong.yaml');
    const lines = [
      'clients:',
      '  - client_id: one',
      '    redirect_uris: [http://client.example.com/cb]',
      '    jwks_uri: https://client.example.com/jwks',
      '  - client_id: two',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in a file that is not ours
      '    client_name: ${DATABASE_URL}',
      '    redirect_urls: []',
    ];
    await writeFile(file, lines.join('\n'));
    const { code, stdout, stderr } = await clients(['import', file]);

    expect([code, stdout]).to.deep.equal([2, '']);
    expect(stderr).to.match(/wrong\.yaml:3:21 redirect_uris\.0 \(client_id one\): .*https.*\[FAPI2-SP-FINAL/);
    expect(stderr).to.match(
      /wrong\.yaml:7:5 redirect_urls \(client_id two\): is no known key, did you mean redirect_uris/,
    );
    expect(stderr).to.not.match(/DATABASE_URL is not set/);
  });

  for (const [args, said] of [
    [['show', 'nobody'], 'no client nobody'],
    [['show', 'a\u001b[2Jb'], 'no client a [2Jb'],
    [['set', 'clien', 'client_name=x'], 'clien stands in the configuration file, change it there'],
  ] as const) {
    it(`${JSON.stringify(args.join(' '))} is refused in one line, with exit code 2`, async () => {
      const { code, stdout, stderr } = await clients(args);

      expect([code, stdout, stderr]).to.deep.equal([2, '', `oidc-provider-fapi: ${said}\n`]);
    });
  }

  for (const [how, profile] of [
    ['private_key_jwt', 'fapi2-security-profile'],
    ['self_signed_tls_client_auth', 'fapi2-security-profile'],
    ['private_key_jwt', 'fapi2-message-signing'],
    ['self_signed_tls_client_auth', 'fapi2-message-signing'],
  ] as const) {
    it(`add --generate ${how} prints a first client that runs, under ${profile}`, async () => {
      const client_id = `first ${how} ${profile}`;
      const out = join(folder, client_id);
      const args = ['add', '--generate', how, '-m', `client_id=${client_id}`, '--out', out];
      const made = await clients(args, '', [`profile=${profile}`]);
      expect(made.code, made.stderr).to.equal(0);
      expect((await stat(join(out, 'client.key'))).mode & 0o777).to.equal(0o600);
      expect((await stat(join(out, 'client.json'))).mode & 0o777).to.equal(0o600);
      expect(await readClientFile(join(out, 'client.json'))).to.deep.include({
        client_id,
        jwk: JSON.parse(await readFile(join(out, 'client.jwk'), 'utf8')),
        redirect_uri: 'http://127.0.0.1/callback',
      });
      expect(made.stdout).to.equal(await readFile(join(out, 'client.mjs'), 'utf8'));
      expect(made.stdout).to.not.contain('PRIVATE KEY-----\n');

      const config = await loadConfig(development, { set: [...set, `profile=${profile}`] });
      let server: RunningServer | undefined;
      // Where openid-client is found, as in a folder of its own it is installed.
      const file = join(import.meta.dirname, `../../node_modules/.first_client_${how}_${profile}.mjs`);
      try {
        server = await startServer(config);
        await writeFile(file, made.stdout);
        await writeFile(join(folder, 'ca.crt'), authority.certificate);
        const program = new Program(file, { NODE_EXTRA_CA_CERTS: join(folder, 'ca.crt') });
        const url = await program.prints(/^ +(https:\S+)$/m);
        const { url: back } = await authorize(new Browser(trustingFetch()), new URL(url), person);
        await fetch(back);
        const { code, stdout, stderr } = await program.ends();
        expect([code, stderr]).to.deep.equal([0, '']);
        expect(stdout)
          .to.match(/ID Token: \{[^}]*sub:/)
          .and.match(/Refreshed\.\n$/);
      } finally {
        await rm(file, { force: true });
        await server?.close();
      }
    }).timeout(60_000);
  }
});
