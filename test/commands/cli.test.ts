import { expect } from 'chai';

import { program } from '../../lib/program.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { directory } from '../config/written.ts';
import { development, run } from './cli.ts';

const commands = [
  ['serve'],
  ['migrate'],
  ['check'],
  ...['list', 'show', 'add', 'password', 'lock', 'unlock', 'remove', 'export', 'erase'].map((name) => [
    'accounts',
    name,
  ]),
  ['accounts', 'hash'],
  ['health'],
  ['nodes'],
  ['prune'],
  ['reseal'],
  ['demo'],
];

describe('oidc-provider-fapi', () => {
  const files = directory();

  it('--help names every command', async () => {
    const { code, stdout } = await run(['--help']);

    expect(code).to.equal(0);
    for (const [command] of commands) expect(stdout).to.match(new RegExp(`^  ${command}\\b`, 'm'));
  });

  it('--version is the package’s', async () => {
    const { code, stdout } = await run(['--version']);

    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: `${packageJson.version}\n` });
  });

  for (const command of commands) {
    it(`${command.join(' ')} --help has an example`, () => {
      let help = '';
      const found = command.reduce((parent, word) => {
        const next = parent.commands.find((child) => child.name() === word);
        if (!next) throw new Error(`no command ${word}`);
        return next;
      }, program);
      found.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();

      expect(help).to.match(new RegExp(`^  np[xm] .*${command.join(' ')}`, 'm'));
    });
  }

  for (const args of [
    ['sevre'],
    ['serve'],
    ['migrate', 'sideways', '--config', development],
    ['check', '--confg', 'x'],
  ]) {
    it(`${args.slice(0, 2).join(' ')}: what cannot be meant is refused with exit code 2`, async () => {
      const { code, stderr } = await run(args);

      expect(code).to.equal(2);
      expect(stderr).to.match(/^error: /);
    });
  }

  for (const url of [
    'postgres://jane:12#s3cret@127.0.0.1:1/as',
    'postgres://jane:s3cret@127.0.0.1:1,127.0.0.2:1/as',
    'postgres:///as?host=/nowhere&password=s3cret',
    'postgres://jane:s3@cret@127.0.0.1:1/as?password=s3cret',
  ]) {
    it(`serve tells nobody the password in ${url}`, async () => {
      const { code, stdout, stderr } = await run(['serve', '--config', development, '--set', `database.url=${url}`]);

      expect(code).to.be.greaterThan(0);
      expect(stderr).to.match(/database/);
      expect(stdout + stderr).not.to.match(/s3|cret/);
    });
  }

  it('check prints what holds each clause, and exits with 0', async () => {
    const { code, stdout, stderr } = await run(['check', '--config', development]);

    expect(stderr).to.equal('');
    expect(code).to.equal(0);
    expect(stdout).to.match(/^FAPI2-SP-FINAL-5\.3\.2\.2-3 +held by par /m);
    expect(stdout).to.match(/^FAPI2-SP-FINAL-5\.3\.2\.2-5 +held by pkce /m);
    expect(stdout).to.match(/development\.yaml: ok: https:\/\/localhost:9443 is inside FAPI 2\.0 Security Profile/);
  });

  it('check asks the other profile of --set', async () => {
    const { stdout } = await run(['check', '--config', development, '--set', 'profile=fapi2-message-signing']);

    expect(stdout).to.match(/held by jarm /);
    expect(stdout).to.match(/is inside FAPI 2\.0 Message Signing/);
  });

  for (const command of ['check', 'serve']) {
    it(`${command} lists every problem of a file, and exits with 2`, async () => {
      const file = await files.write(
        'wrong.yaml',
        'issuer: https://localhost:9443\ndevelopment: true\nlisten: { prot: 1 }\nclients:\n  - client_id: a\n    redirect_uris: [http://a.example.com/]\n',
      );

      const { code, stdout, stderr } = await run([command, '--config', file]);

      expect(code).to.equal(2);
      if (command === 'check')
        expect(stdout)
          .to.match(/^FAPI2-SP-FINAL-5\.3\.2\.2-8 +VIOLATED /m)
          .and.match(/NOT ok/);
      else expect(stdout).to.equal('');
      const [first, second, third, ...more] = stderr.trim().split('\n');
      expect(first).to.equal(`${file}:3:11 listen.prot: is no known key, did you mean port?`);
      expect(second).to.match(/:5:5 clients\.0\.jwks \(client_id a\): is missing.* \[FAPI2-SP-FINAL-5\.3\.2\.1-6\]$/);
      expect(third).to.match(
        /:6:21 clients\.0\.redirect_uris\.0 \(client_id \S+\): must use https.* \[FAPI2-SP-FINAL-5\.3\.2\.2-8\]$/,
      );
      expect(more).to.deep.equal([]);
    });
  }

  it('serve shows what a file says on its line, and nothing that moves the cursor', async () => {
    const text =
      'issuer: https://localhost:9443\ndevelopment: true\nclients: [{ client_id: "a\\e[2J\\nb", jwks_uri: 1 }]\n';
    const { code, stderr } = await run(['serve', '--config', await files.write('cursor.yaml', text)]);
    expect(code).to.equal(2);
    expect(stderr).to.match(/\(client_id a \[2J b\): is no URL$/m);
    expect(stderr.includes('\u001b')).to.equal(false);
  });

  it('demo brings its own arguments', async () => {
    const { stdout } = await run(['demo', '--help']);

    expect(stdout).to.contain('--client-auth');
  });

  it('the demo’s sample clients are of FAPI 2.0 itself, and of no ecosystem', async () => {
    const { code, stderr } = await run(['demo', '--profile', 'ksa']);
    expect(code).to.equal(2);
    expect(stderr).to.match(/Allowed choices are fapi2-security-profile, fapi2-message-signing/);
  });

  it('says of a client that is there twice where each stands', async () => {
    const file = await files.write(
      'twice.yaml',
      'issuer: https://as.example.com\ndevelopment: true\nclients:\n  - { client_id: a }\n  - { client_id: a }\n',
    );
    const { code, stderr } = await run(['check', '--config', file]);
    expect(code).to.equal(2);
    expect(stderr)
      .to.include('twice.yaml:5:7 clients.1.client_id (client_id a): stands at ')
      .and.include('twice.yaml:4 already');
    expect(stderr).to.not.match(/^ +at /m);
  });
});
