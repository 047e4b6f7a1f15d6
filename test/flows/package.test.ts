import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { execute, type Project, packed, project } from '../support/packed.ts';

/** What a team writes that installs the package, its types looked at as strictly as they go. */
const main = `
import type { Middleware } from 'koa';
import Provider, { type Configuration } from 'oidc-provider';
import {
  fapi2MessageSigning, fapi2SecurityProfile, fapiProvider, interactionPolicy, interactions, interactionUrl,
  knexAdapter, listedAccounts, loadKeys, logTo, migrate, openDatabase, pages, type Profile, ProfileViolationError,
  type ProtectedState, protect, tokensOf,
} from 'oidc-provider-fapi';
import { loadConfig, startServer } from 'oidc-provider-fapi/server';
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
// @ts-expect-error a setting of the profile that there is not
fapi2SecurityProfile({ par: { request_uri_lifetimes: 90 } });
// @ts-expect-error the profile is missing
const without = () => fapiProvider(Provider, 'https://as.example.com', yours);
// @ts-expect-error a logger is asked for more than this
const quiet = () => logTo({ info() {} });
// @ts-expect-error a replay is decided by what keeps it, not by a flag
protect({ verify: tokensOf(provider), unique: true, origins: [] });
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
  guard: typeof guard,
  unused: [without, quiet].length,
  functions: [adapterContract, startServer, loadConfig].map((each) => typeof each),
  requirements: requirements.length > 10,
  issuer: 'issuer' in schema.properties,
}));
`;

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
console.log(JSON.stringify([answer?.status, token === undefined, typeof protect(rules), typeof introspection]));
`;

describe('the package as it is published', () => {
  let team: Project;
  before('npm pack, and what npm install makes of it', async () => {
    team = await project(main, 'everything');
  });
  after(() => team?.remove());

  it('serves a resource server that has jose and nothing else', async () => {
    const bare = await project(resource, ['jose']);
    expect(await bare.complaints()).to.equal('');
    const { stdout } = await bare.run();
    await bare.remove();
    expect(JSON.parse(stdout)).to.deep.equal([401, true, 'function', 'function']);
  });

  it('holds what it is made of: no tests, no private key of the samples, nothing of the conformance suite', async () => {
    const { files, folder } = await packed();
    expect(files).to.include.members([
      'dist/lib/index.js',
      'dist/lib/index.d.ts',
      'config/development.yaml',
      'README.md',
      'LICENSE',
    ]);
    expect(files.filter((file) => /(^|\/)(test|data)\/|conformance|(?<!\.d)\.ts$/.test(file))).to.deep.equal([]);
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'latin1')));
    expect(
      files.filter((_, index) => /-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[\w+/]{40}/.test(texts[index] ?? '')),
    ).to.deep.equal([]);
  });

  it('compiles in a strict project, and runs without a word on standard error', async () => {
    expect(await team.complaints()).to.equal('');
    const { stdout, stderr } = await team.run();
    expect(stderr).to.equal('');
    expect(JSON.parse(stdout)).to.deep.equal({
      applied: true,
      clauses: ['FAPI2-SP-FINAL-5.3.2.1-9'],
      guard: 'function',
      unused: 2,
      functions: ['function', 'function', 'function'],
      requirements: true,
      issuer: true,
    });
  });

  it('has a command that says what it can do', async () => {
    const { stdout } = await execute('npx', ['--no-install', 'oidc-provider-fapi', '--help'], { cwd: team.folder });
    for (const command of ['serve', 'migrate', 'check', 'accounts', 'demo'])
      expect(stdout).to.match(new RegExp(`^ +${command}`, 'm'));
  });

  it('leaves the demo, which needs the private key of the sample clients, to a checkout', async () => {
    const { stderr, code } = await team.run('node_modules/.bin/oidc-provider-fapi', 'demo').catch((error) => error);
    expect(stderr).to.match(/^oidc-provider-fapi: the demo .*source code.*\n$/);
    expect(code).to.equal(1);
  });
});
