import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { expect } from 'chai';

const execute = promisify(execFile);
const modules = join(process.cwd(), 'node_modules');

/** What a team writes that installs the package, its types looked at as strictly as they go. */
const main = `
import type { Middleware } from 'koa';
import Provider, { type Configuration } from 'oidc-provider';
import {
  fapi2MessageSigning, fapi2SecurityProfile, fapiProvider, interactionPolicy, interactions, interactionUrl,
  knexAdapter, listedAccounts, loadConfig, loadKeys, migrate, openDatabase, pages, type Profile, ProfileViolationError,
  type ProtectedState, protect, startServer, tokensOf,
} from 'oidc-provider-fapi';
import { adapterContract, requirements } from 'oidc-provider-fapi/contract';
import schema from 'oidc-provider-fapi/config.schema.json' with { type: 'json' };

const { knex, close } = await openDatabase({ url: 'pglite:' });
const applied: string[] = await migrate(knex);
const adapter = knexAdapter(knex, { encryption_keys: [Buffer.alloc(32, 7).toString('base64url')] });
const { jwks, cookies } = await loadKeys(adapter.kept);
const accounts = listedAccounts([{ login: 'jane', password: 'correct horse battery staple' }]);
const yours: Configuration = {
  adapter,
  jwks,
  cookies: { keys: cookies },
  findAccount: accounts.findAccount,
  interactions: { policy: interactionPolicy(), url: interactionUrl },
  ...pages(),
};
const profile: Profile = fapi2SecurityProfile({ par: { request_uri_lifetime: 90 } });
const provider: Provider = await fapiProvider(Provider, 'https://as.example.com', yours, profile);
provider.use(interactions(provider, { accounts }));
const guard: Middleware<ProtectedState> = protect({
  verify: tokensOf(provider),
  unique: (id, expiresAt) => adapter('ReplayDetection').unique(id, expiresAt),
  origins: ['https://api.example.com'],
});
const clauses: string[] = [];
try {
  await fapiProvider(Provider, provider.issuer, { ...yours, rotateRefreshToken: true }, fapi2MessageSigning());
} catch (error) {
  if (!(error instanceof ProfileViolationError)) throw error;
  for (const { clause } of error.violations) if (clause) clauses.push(clause);
}
await close();
console.log(JSON.stringify({
  applied: applied.length > 0,
  clauses,
  guard: guard.name,
  functions: [adapterContract, startServer, loadConfig].map((each) => typeof each),
  requirements: requirements.length > 10,
  issuer: 'issuer' in schema.properties,
}));
`;

const tsconfig = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    lib: ['es2024', 'dom', 'dom.iterable'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    resolveJsonModule: true,
    rootDir: '.',
    outDir: 'out',
  },
  files: ['main.ts'],
};

/** What a resource server writes, on a machine that has the package and `jose` and nothing else. */
const resource = `
import type { IncomingMessage } from 'node:http';
import {
  type AccessToken, clientCertificate, dpopNonces, guard, introspection, jwtAccessTokens, type Protection, type Verdict,
} from 'oidc-provider-fapi/resource';
import { protect } from 'oidc-provider-fapi/resource/express';

const jwks = 'https://as.example.com/jwks';
const rules: Protection<IncomingMessage> = {
  verify: jwtAccessTokens({ issuer: 'https://as.example.com', audience: 'https://rs.example.com', jwks }),
  unique: async (id: string, expiresAt: number) => id.length > expiresAt,
  clientCertificate: clientCertificate({ proxy: { trusted: ['10.0.0.0/8'], client_certificate: 'nginx' } }),
  nonce: { nonces: dpopNonces(Buffer.alloc(32, 1)), required: true },
  origins: ['https://rs.example.com'],
};
const { clientCertificate: _, ...ofWeb } = rules;
const verdict: Verdict = await guard<Request>(ofWeb)(new Request('https://rs.example.com/accounts'));
const token: AccessToken | undefined = verdict.token;
// @ts-expect-error a resource server has to say where it is known
guard({ verify: rules.verify, unique: rules.unique });
const answer = verdict.token ? undefined : new Response(verdict.body, verdict);
console.log(JSON.stringify([answer?.status, token === undefined, protect(rules).name, typeof introspection]));
`;

interface PackageJson {
  readonly name: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { optional: boolean }>>;
}

async function link(name: string, folder: string): Promise<void> {
  await mkdir(dirname(join(folder, 'node_modules', name)), { recursive: true });
  await symlink(join(modules, name), join(folder, 'node_modules', name));
}

describe('the package as it is published', () => {
  let folder: string;
  let files: string[];
  before('npm pack, and what npm install makes of it', async () => {
    folder = await mkdtemp(join(tmpdir(), 'package-'));
    const { stdout } = await execute('npm', ['pack', '--json', '--pack-destination', folder]);
    const [packed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string; files: { path: string }[] }];
    files = packed.files.map(({ path }) => path);
    const installed = join(folder, 'node_modules', 'oidc-provider-fapi');
    await mkdir(join(folder, 'node_modules', '.bin'), { recursive: true });
    await mkdir(installed);
    await execute('tar', ['-xzf', join(folder, packed.filename), '-C', installed, '--strip-components=1']);
    const { name, bin, dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
      await readFile(join(installed, 'package.json'), 'utf8'),
    ) as PackageJson;
    // Nothing but what is declared: a package that is only a development dependency is not there.
    const peers = Object.keys(peerDependencies).filter((peer) => !peerDependenciesMeta[peer]?.optional);
    for (const dependency of [...Object.keys(dependencies), ...peers, '@types/node']) await link(dependency, folder);
    const command = join(installed, `${bin[name]}`);
    await chmod(command, 0o755);
    await symlink(command, join(folder, 'node_modules', '.bin', name));
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', type: 'module', private: true }));
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    await writeFile(join(folder, 'main.ts'), main);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('serves a resource server that has jose and nothing else', async () => {
    const bare = await mkdtemp(join(tmpdir(), 'resource-'));
    await mkdir(join(bare, 'node_modules'), { recursive: true });
    await cp(join(folder, 'node_modules', 'oidc-provider-fapi'), join(bare, 'node_modules', 'oidc-provider-fapi'), {
      recursive: true,
    });
    for (const dependency of ['jose', '@types/node']) await link(dependency, bare);
    await writeFile(join(bare, 'package.json'), JSON.stringify({ name: 'resource', type: 'module', private: true }));
    await writeFile(join(bare, 'tsconfig.json'), JSON.stringify({ ...tsconfig, files: ['resource.ts'] }));
    await writeFile(join(bare, 'resource.ts'), resource);
    const { stdout: complaints } = await execute(join(modules, '.bin', 'tsc'), ['-p', bare]).catch((error) => error);
    expect(complaints).to.equal('');
    const { stdout } = await execute(process.execPath, ['--no-warnings', 'out/resource.js'], { cwd: bare });
    await rm(bare, { recursive: true });
    expect(JSON.parse(stdout)).to.deep.equal([401, true, 'protect', 'function']);
  });

  it('holds what it is made of, and no tests', () => {
    expect(files).to.include.members([
      'dist/lib/index.js',
      'dist/lib/index.d.ts',
      'config/development.yaml',
      'README.md',
    ]);
    expect(files.filter((file) => /(^|\/)(test|data)\/|(?<!\.d)\.ts$/.test(file))).to.deep.equal([]);
  });

  it('compiles in a strict project, and runs', async () => {
    const { stdout: complaints } = await execute(join(modules, '.bin', 'tsc'), ['-p', folder]).catch((error) => error);
    expect(complaints).to.equal('');
    const { stdout } = await execute(process.execPath, ['--no-warnings', 'out/main.js'], { cwd: folder });
    expect(JSON.parse(stdout)).to.deep.equal({
      applied: true,
      clauses: ['FAPI2-SP-FINAL-5.3.2.1-9'],
      guard: 'protect',
      functions: ['function', 'function', 'function'],
      requirements: true,
      issuer: true,
    });
  });

  it('has a command that says what it can do', async () => {
    const { stdout } = await execute('npx', ['--no-install', 'oidc-provider-fapi', '--help'], { cwd: folder });
    for (const command of ['serve', 'migrate', 'check', 'accounts', 'demo'])
      expect(stdout).to.match(new RegExp(`^ +${command}`, 'm'));
  });

  it('runs a provider and a whole flow out of the box', async () => {
    const environment = { ...process.env, LOG_LEVEL: 'silent' };
    const args = ['--no-install', 'oidc-provider-fapi', 'demo', '--database', 'pglite:', '--sender-constrain', 'mtls'];
    const { stdout } = await execute('npx', args, { cwd: folder, env: environment });
    expect(stdout).to.include('all as told');
  });
});
