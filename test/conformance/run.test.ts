import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { loadConfig } from '../../lib/config/load.ts';
import { selfSigned } from '../../lib/server/development_certificate.ts';
import { serverOptions } from '../../lib/server/tls.ts';
import { Program, runWarm } from '../support/program.ts';
import { expectedModules, type Plan, plans, providers } from './plans.ts';
import { ownPort } from './providers.ts';

const runner = join(import.meta.dirname, 'run.ts');
const program = join(import.meta.dirname, 'conformance.ts');
const [plan] = plans.filter(({ name }) => name === 'cc-mtls-mtls') as [Plan];
const known = expectedModules(plan);

const start = (...args: string[]) => new Program(runner, {}, args);
const conformance = (...args: string[]) => runWarm({ module: program, file: runner }, args);

interface Script {
  readonly modules?: readonly string[];
  /** How often a module's start is answered with 502 before it is started. */
  readonly stumbles?: number;
  /** The module's result by its name; `gone` when the suite stops answering, `RUNNING` when it never ends. */
  readonly results?: Readonly<Record<string, string>>;
  readonly log?: readonly object[];
}

/** Answers as a suite does that ran these modules: a real one cannot be made to stop halfway or to be of another version. */
async function suite({ modules = known, results = {}, log = [], stumbles = 0 }: Script): Promise<Server> {
  const answers: [RegExp, (match: RegExpExecArray, query: URLSearchParams) => unknown][] = [
    [/^\/api\/server$/, () => ({ version: '9.9.9' })],
    [/^\/api\/plan$/, () => ({ id: 'plan', modules: modules.map((testModule) => ({ testModule, variant: {} })) })],
    [/^\/api\/runner$/, (_, query) => ({ id: query.get('test') })],
    [
      /^\/api\/info\/(.+)$/,
      ([, id = '']) =>
        results[id] === 'RUNNING' ? { status: 'RUNNING' } : { status: 'FINISHED', result: results[id] ?? 'PASSED' },
    ],
    [/^\/api\/log\//, () => log],
    [/^\/api\/plan\/exporthtml\//, () => 'zip'],
  ];
  let left = stumbles;
  const listener: RequestListener = (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://suite');
    if (results[searchParams.get('test') ?? ''] === 'gone') return request.socket.destroy();
    if (pathname.endsWith('/wait-state')) return undefined;
    if (pathname === '/api/runner' && left-- > 0) return response.writeHead(502).end('no');
    for (const [path, body] of answers) {
      const match = path.exec(pathname);
      if (match) return response.end(JSON.stringify(body(match, searchParams)));
    }
    return response.writeHead(404).end();
  };
  const server = createServer(serverOptions(await selfSigned(['127.0.0.1'])), listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('npm run conformance', () => {
  let directory: string;
  const servers: { close(): void }[] = [];
  const url = (server: Server, host = '127.0.0.1') => `https://${host}:${(server.address() as AddressInfo).port}`;

  /** With a provider that is said to run already: what is judged here is what the runner makes of the suite. */
  async function against(script: Script, ...more: string[]): Promise<string[]> {
    const server = await suite(script);
    servers.push(server);
    const selected = ['--plans', 'cc', '--variants', plan.name, '--issuer', 'https://as.example.com'];
    return ['--suite', url(server), ...selected, '--out', directory, '--patience', '1', ...more];
  }
  const runAgainst = async (script: Script, ...more: string[]) => conformance(...(await against(script, ...more)));

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'conformance-'));
    const { code } = await conformance('--write-plans', directory, '--issuer', 'https://as.example.com');
    expect(code).to.equal(0);
  });
  after(() => rm(directory, { recursive: true }));
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  it('--write-plans lists every plan with its file and the provider that serves it, all of them valid', async () => {
    const listed: Record<string, never>[] = JSON.parse(await readFile(join(directory, 'plans.json'), 'utf8'));
    expect(listed.map(({ planName, variant }) => ({ planName, variant }))).to.have.deep.members(
      plans.map(({ planName, variant }) => ({ planName, variant })),
    );
    for (const { file, provider } of listed as unknown as { file: string; provider: string }[]) {
      const written = JSON.parse(await readFile(join(directory, file), 'utf8'));
      const { issuer, clients } = await loadConfig(join(directory, provider));
      expect(written.server.discoveryUrl).to.equal(`${issuer}/.well-known/openid-configuration`);
      const registered = new Map(clients.map((client) => [client.client_id, client]));
      const callback = `https://localhost.emobix.co.uk:8443/test/a/${written.alias}/callback`;
      for (const { client_id } of [written.client, written.client2]) {
        const { redirect_uris = [], jwks } = registered.get(client_id) ?? {};
        if (redirect_uris.length > 0) {
          expect(redirect_uris).to.deep.equal([callback, `${callback}?dummy1=lorem&dummy2=ipsum`]);
        }
        expect(JSON.stringify(jwks)).to.not.match(/"(d|p|q)":/);
      }
    }
  });

  it('takes no port twice, with up to three processes', async () => {
    const files = Object.keys(providers).map((name) => join(directory, `${name}.yaml`));
    const addresses = (await Promise.all(files.map((file) => loadConfig(file)))).flatMap(({ listen, mtls }) => [
      listen.port,
      mtls?.port ?? 0,
    ]);
    const ports = addresses.flatMap((port) => [port, ...[1, 2, 3].map((process) => ownPort(port, process))]);
    expect(new Set(ports).size).to.equal(ports.length);
  });

  it('exits 0 when everything PASSED, with the table', async () => {
    const { code, stdout } = await runAgainst({});
    expect(stdout).to.match(/\| cc-mtls-mtls +\| +5 \| +5 \| +0 \| +0 \| +0 \| +0 \| +0 \|/);
    expect(code).to.equal(0);
  });

  for (const result of ['FAILED', 'WARNING', 'SKIPPED', 'REVIEW', 'INTERRUPTED']) {
    it(`exits 1 when a module is ${result}, and says why and where`, async () => {
      const [name = ''] = known;
      const entry = { src: 'Condition', result: 'FAILURE', requirements: ['PAR-2,PAR-3'], msg: 'did not hold' };
      const { code, stdout } = await runAgainst({ results: { [name]: result }, log: [entry] });
      expect(stdout).to.include(`${result} cc-mtls-mtls ${name}`);
      expect(stdout).to.include('FAILURE Condition [PAR-2 PAR-3] did not hold');
      expect(stdout).to.include(`/log-detail.html?log=${name}`);
      expect(code).to.equal(1);
    });
  }

  it('runs on with a suite of another version, names what is new and what is missing, and exits 1', async () => {
    const [missing, ...others] = known;
    const { code, stdout } = await runAgainst({ modules: [...others, 'fapi2-security-profile-final-new'] });
    expect(stdout).to.include('UNKNOWN MODULE, PASSED cc-mtls-mtls fapi2-security-profile-final-new');
    expect(stdout).to.include(`MISSING cc-mtls-mtls ${missing}`);
    expect(stdout).to.include('5/5');
    expect(code).to.equal(1);
  });

  it('prints the table of what was done when the suite stops halfway, and exits 1', async () => {
    const { code, stdout, stderr } = await runAgainst({ results: { [known[2] ?? '']: 'gone' } });
    expect(stdout).to.match(/\| cc-mtls-mtls +\| +5 \| +2 \| +0 \| +0 \| +0 \| +0 \| +3 \|/);
    expect(stderr).to.match(/does not answer/);
    expect(code).to.equal(1);
  });

  it('prints the table of what was done when it is stopped, and exits 1', async () => {
    const child = start(...(await against({ results: { [known[1] ?? '']: 'RUNNING' } })));
    await child.prints(/1\/5/);
    child.process.kill('SIGINT');
    const { code, stdout, stderr } = await child.ends();
    expect(stdout).to.match(/\| cc-mtls-mtls +\| +5 \| +1 \| +0 \| +0 \| +0 \| +0 \| +4 \|/);
    expect(stderr).to.equal('stopped by SIGINT\n');
    expect(code).to.equal(1);
  });

  it('says what to change when the suite does not reach the issuer', async () => {
    const [name = ''] = known;
    const msg = 'Unable to fetch server configuration from https://as.example.com/.well-known/openid-configuration';
    const { code, stderr } = await runAgainst({
      results: { [name]: 'FAILED' },
      log: [{ src: 'Get', result: 'FAILURE', msg }],
    });
    expect(stderr).to.match(
      /^the suite does not reach https:\/\/as\.example\.com.*: give the issuer a host name .*\n$/,
    );
    expect(code).to.equal(1);
  });

  it('says how to start a suite when none answers', async () => {
    const server = await suite({});
    const address = url(server);
    server.close();
    const { code, stderr } = await conformance('--suite', address, '--out', directory);
    expect(stderr).to.match(/^https:\/\/127\.0\.0\.1:\d+ does not answer: start one .*\n$/);
    expect(code).to.equal(1);
  });

  it('says what to check when something else answers', async () => {
    const server = createHttpServer((_, response) => response.end()).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const { code, stderr } = await conformance('--suite', url(server as unknown as Server), '--out', directory);
    expect(stderr).to.match(/^https:.* does not speak TLS on this port: check --suite\n$/);
    expect(code).to.equal(1);
  });

  it('says what to change when the port is taken', async () => {
    const taken = createHttpServer();
    servers.push(taken);
    const { listen } = await loadConfig(join(directory, 'conformance.yaml'));
    // By us, or by whoever had it before.
    await new Promise<void>((resolve) =>
      taken.once('error', () => resolve()).listen(listen.port, listen.host, resolve),
    );
    const server = await suite({});
    servers.push(server);
    const selected = ['--plans', 'cc', '--variants', plan.name];
    const { code, stderr } = await conformance('--suite', url(server), ...selected, '--out', join(directory, 'taken'));
    expect(stderr).to.match(new RegExp(`^the provider: .*${listen.port}.*\n$`));
    expect(code).to.equal(1);
  });

  it('asks again where the suite, or what stands before it, does not answer for a moment', async () => {
    const { code } = await runAgainst({ stumbles: 1 }, '--patience', '30');
    expect(code).to.equal(0);
  });

  it('--resume skips what has passed', async () => {
    await runAgainst({ results: { [known[2] ?? '']: 'FAILED' } });
    const { code, stdout } = await runAgainst({ results: { [known[0] ?? '']: 'FAILED' } }, '--resume');
    expect(stdout)
      .to.include(`1/1, 1 passed`)
      .and.match(/\| cc-mtls-mtls +\| +5 \| +5 \|/);
    expect(code).to.equal(0);
  });

  it('keeps the evidence of a full run where a filtered one has the same directory', async () => {
    await writeFile(join(directory, 'results.json'), '[]');
    await runAgainst({});
    expect(await readFile(join(directory, 'results.json'), 'utf8')).to.equal('[]');
    expect(JSON.parse(await readFile(join(directory, 'results-partial.json'), 'utf8'))).to.have.length(1);
  });

  it('refuses --modules that matches nothing, before anything else', async () => {
    const { code, stderr } = await conformance('--modules', 'no-such-module');
    expect(stderr).to.equal('no module of these plans has a name that matches --modules\n');
    expect(code).to.equal(1);
  });

  it('refuses --issuer where the plans name another', async () => {
    const { code, stderr } = await runAgainst({}, '--issuer', 'https://other.example.com');
    expect(stderr).to.match(
      /cc-mtls-mtls\.json names https:\/\/as\.example\.com and not https:\/\/other\.example\.com/,
    );
    expect(code).to.equal(1);
  });

  it('--alias-prefix is part of every alias, client and redirect URI; --host of every address', async () => {
    const own = join(directory, 'own');
    const more = ['--alias-prefix', 'mine-', '--host', 'host.docker.internal', '--variants', 'eco-ksa'];
    expect((await conformance('--write-plans', own, ...more)).code).to.equal(0);
    const written = JSON.parse(await readFile(join(own, 'mine-eco-ksa.json'), 'utf8'));
    expect(written.alias).to.equal('mine-eco-ksa');
    expect(written.client.client_id).to.equal('mine-eco-ksa-1');
    expect(written.server.discoveryUrl).to.match(/^https:\/\/host\.docker\.internal:\d+\//);
    const { issuer, listen, clients } = await loadConfig(join(own, 'ksa.yaml'));
    expect(clients[0]?.redirect_uris?.[0]).to.match(/\/test\/a\/mine-eco-ksa\/callback$/);
    expect({ issuer, host: listen.host }).to.deep.equal({
      issuer: written.server.discoveryUrl.replace('/.well-known/openid-configuration', ''),
      host: '0.0.0.0',
    });
  });

  it('says in --help what each option is, and no default that is no text', async () => {
    const { stdout, code } = await conformance('--help');
    expect(stdout).to.include('--resume').and.include('--host <name>').and.not.include('(default: {})');
    expect(code).to.equal(0);
  });

  it('refuses an unknown plan group before anything else', async () => {
    const { code, stderr } = await conformance('--plans', 'spp');
    expect(stderr).to.include('write some of sp,ms,cc');
    expect(code).to.equal(2);
  });
});
