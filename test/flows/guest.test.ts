import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { unnamed } from '../support/declarations.ts';
import { execute, type Project, packed, project } from '../support/packed.ts';

const modules = join(process.cwd(), 'node_modules');
const entries = ['', '/server', '/resource', '/resource/koa', '/resource/express', '/ecosystems', '/contract'];

/** Prints the packages that are loaded before the first line of whoever imports the library. */
const loading = `
import { registerHooks } from 'node:module';
const packages = new Set();
let own = 0;
registerHooks({
  load(url, context, next) {
    if (url.includes('/oidc-provider-fapi/')) own += 1;
    packages.add(url.split('/node_modules/').at(-1).match(/^(@[^/]+\\/)?[^/]+/)?.[0]);
    return next(url, context);
  },
});
await import('oidc-provider-fapi');
console.log(JSON.stringify([own, [...packages]]));
`;

describe('the package as a guest in a project of somebody else', () => {
  let library: Project;
  before('what npm installs for a team that asks for nothing optional', async () => {
    library = await project('export {};', 'required');
  });
  after(() => library?.remove());

  it('loads what every provider needs, and not what only some do', async () => {
    const { stdout, stderr } = await library.run('--input-type=module', '--eval', loading);
    const needless = ['zod', 'knex', 'pg', 'ajv', 'rate-limiter-flexible', 'pino', 'yaml', 'commander', 'prom-client'];
    const [own, loaded]: [number, string[]] = JSON.parse(stdout);
    expect(stderr).to.equal('');
    expect(own, 'each file of its own costs a millisecond and a half').to.be.below(30);
    expect(loaded).to.include('oidc-provider');
    expect(loaded.filter((name) => needless.includes(name) || name.startsWith('@peculiar/'))).to.deep.equal([]);
  });

  it('says in one line what a server needs besides', async () => {
    const script = "import('oidc-provider-fapi/server').then(({ loadConfig }) => loadConfig('as.yaml'))";
    const { stderr } = await library.run('--eval', `${script}.catch(({ message }) => console.error(message))`);
    expect(stderr).to.match(/^the server needs the package \S+, which is not installed: npm install \S+\n$/);
  });

  it('says in one line what the command needs besides, with exit code 1', async () => {
    const { stderr, code } = await library
      .run('node_modules/.bin/oidc-provider-fapi', '--help')
      .catch((error) => error);
    expect(stderr).to.match(/^oidc-provider-fapi: the command line needs the package \S+, .*: npm install \S+\n$/);
    expect(code).to.equal(1);
  });

  it('says in one line what a database in this process needs', async () => {
    const script = "import('oidc-provider-fapi').then(({ openDatabase }) => openDatabase({ url: 'pglite:' }))";
    const { stderr } = await library.run('--eval', `${script}.catch(({ message }) => console.error(message))`);
    expect(stderr).to.match(/^a database in this process needs the package \S+, .*: npm install \S+\n$/);
  });

  it('can be required by CommonJS, every entry point but the tests of adapters', async () => {
    const names = entries.filter((entry) => entry !== '/contract').map((entry) => `oidc-provider-fapi${entry}`);
    const script = `console.log(${JSON.stringify(names)}.map((name) => Object.keys(require(name)).length > 0).join())`;
    const { stdout } = await library.run('--input-type=commonjs', '--eval', script);
    expect(stdout.trim()).to.equal(names.map(() => 'true').join());
  });

  it('exports every type that its own declarations speak of', async () => {
    const { folder } = await packed();
    const { exports } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const types = entries.map((entry): string => join(folder, exports[`.${entry}`].types));
    // What a store is made of is nobody else's business, nor how a hook is found by its path.
    expect(unnamed(types).filter((found) => !/^(Store|HookAt): /.test(found))).to.deep.equal([]);
  });

  it('is clean for publint', async () => {
    const { tarball } = await packed();
    const { stdout } = await execute(join(modules, '.bin', 'publint'), [tarball, '--strict']);
    expect(stdout).to.match(/All good!/);
  });

  it('is clean for arethetypeswrong, for imports and for require() of a module', async () => {
    const { tarball } = await packed();
    const args = [tarball, '--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm', '--format', 'json'];
    const { stdout } = await execute(join(modules, '.bin', 'attw'), args).catch((error) => error);
    const { analysis } = JSON.parse(stdout) as { analysis: { problems: { kind: string; entrypoint: string }[] } };
    // node10 knows no sub-paths; a module can be required since Node 22.12.
    const kinds = new Set(analysis.problems.map(({ kind }) => kind));
    expect([...kinds].filter((kind) => !['NoResolution', 'CJSResolvesToESM'].includes(kind))).to.deep.equal([]);
  });

  it('names the versions of Node that core supports', async () => {
    const { engines } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(engines.node).to.equal('^22.13.0 || >=24');
  });
});
