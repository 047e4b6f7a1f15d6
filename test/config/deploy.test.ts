import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';

import { program } from '../../lib/program.ts';

const run = promisify(execFile);
const deploy = (name: string) => join(import.meta.dirname, '../../config/deploy', name);

/** A command with its options, as the program knows them. */
function known(args: readonly string[]): void {
  const [name = '', ...rest] = args;
  const command = program.commands.find((each) => each.name() === name);
  expect(command, `${name} is a command`).to.not.equal(undefined);
  const options = command?.options.map(({ long }) => long) ?? [];
  for (const arg of rest.filter((each) => each.startsWith('--'))) expect(options, args.join(' ')).to.include(arg);
}

describe('A year in production', () => {
  it('is a table in test/README.md whose every row names tests that there are', async () => {
    const text = await readFile('test/README.md', 'utf8');
    const lines = text.slice(text.indexOf('## A year in production')).split('\n');
    const rows = lines.filter((line) => line.startsWith('| ') && !/^\| (what|---)/.test(line));
    expect(rows).to.have.length.above(40);
    for (const row of rows) {
      const named = [...row.matchAll(/\[[^\]]+\]\(([^)]+\.test\.ts)\) "([^"]+)"/g)];
      expect(named, row).to.have.length.above(0);
      for (const [, file = '', title = ''] of named) {
        expect(await readFile(join('test', file), 'utf8'), `${file} has "${title}"`).to.include(title);
      }
    }
  });
});

describe('The files in config/proxy', () => {
  it('for proxies that are not run are YAML, and say so in their first line', async () => {
    const names = (await readdir('config/proxy')).filter((name) => name.endsWith('.yaml'));
    expect(names).to.have.length(3);
    for (const name of names) {
      const file = await readFile(join('config/proxy', name), 'utf8');
      expect(file).to.match(/^# Not run by the tests/);
      const [document] = parseAllDocuments(file);
      expect(document?.errors).to.deep.equal([]);
      expect(Object.keys(document?.toJS())).to.have.length.above(0);
    }
  });
});

describe('The files in config/deploy', () => {
  it('say in their first lines whether they were run', async () => {
    for (const name of await readdir(deploy('.'))) {
      const head = (await readFile(deploy(name), 'utf8')).split('\n').slice(0, 4).join(' ');
      expect(head, name).to.match(/[Nn]ot run|was not run|Checked by/);
    }
  });

  it('kubernetes.yaml runs commands there are, as nobody, on a root that cannot be written', async () => {
    const documents = parseAllDocuments(await readFile(deploy('kubernetes.yaml'), 'utf8')).map((each) => each.toJS());
    expect(documents.map(({ kind }) => kind)).to.include.members(['Job', 'Deployment', 'Service']);
    for (const { spec } of documents) {
      for (const container of spec.template?.spec?.containers ?? []) {
        known(container.args);
        for (const probe of ['startupProbe', 'readinessProbe']) {
          const words = container[probe]?.exec.command;
          if (words) known(words.slice(words.indexOf('dist/lib/cli.js') + 1));
        }
      }
    }
    const { template } = documents.find(({ kind }) => kind === 'Deployment').spec;
    expect(template.spec.securityContext.runAsNonRoot).to.equal(true);
    expect(template.spec.containers[0].securityContext).to.deep.include({ readOnlyRootFilesystem: true });
  });

  it('Containerfile starts the program where the package has it, as nobody', async () => {
    const text = await readFile(deploy('Containerfile'), 'utf8');
    const { bin } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(text).to.include(`ENTRYPOINT ["node", "${bin['oidc-provider-fapi']}"]`);
    expect(text).to.match(/^USER 65532/m);
    for (const [, path = ''] of text.matchAll(/--from=build \/build\/(\S+)/g)) {
      expect(['dist', 'node_modules'].includes(path) || existsSync(path), path).to.equal(true);
    }
  });

  it('the unit is one that systemd takes, with an exposure below 2', async () => {
    const unit = deploy('oidc-provider-fapi.service');
    const { stdout } = await run('systemd-analyze', ['security', '--offline=true', '--no-pager', unit]);
    const [, exposure] = /exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
    expect(Number(exposure)).to.be.within(0.1, 2);
    const text = await readFile(unit, 'utf8');
    expect(text).to.include(`exposure ${exposure}`);
    const [, words = ''] = /^ExecStart=\S+ \S+cli\.js (.*)$/m.exec(text) ?? [];
    known(words.split(' '));
  });

  it('the certbot hook puts a renewed pair in place, whole, readable by the service only', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'certbot-'));
    try {
      const [lineage, target] = [join(folder, 'live'), join(folder, 'tls')];
      await Promise.all([mkdir(lineage), mkdir(target)]);
      await writeFile(join(lineage, 'privkey.pem'), 'key');
      await writeFile(join(lineage, 'fullchain.pem'), 'chain');
      const { stdout: group } = await run('id', ['-gn']);
      const env = { ...process.env, RENEWED_LINEAGE: lineage, OIDC_PROVIDER_FAPI_TLS: target };
      await run('sh', [deploy('certbot-hook.sh')], { env: { ...env, OIDC_PROVIDER_FAPI_GROUP: group.trim() } });
      expect((await readdir(target)).sort()).to.deep.equal(['tls.crt', 'tls.key']);
      expect(await readFile(join(target, 'tls.key'), 'utf8')).to.equal('key');
      expect((await stat(join(target, 'tls.key'))).mode & 0o777).to.equal(0o640);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
