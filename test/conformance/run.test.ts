import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { loadConfig } from '../../lib/config/load.ts';
import { selfSigned } from '../../lib/server/development_certificate.ts';
import { serverOptions } from '../../lib/server/tls.ts';
import { expectedModules, type Plan, plans } from './plans.ts';

const runner = fileURLToPath(new URL('run.ts', import.meta.url));
const [plan] = plans.filter(({ name }) => name === 'cc-mtls-mtls') as [Plan];
const known = expectedModules(plan);

const start = (...args: string[]) =>
  spawn(process.execPath, ['--disable-warning=ExperimentalWarning', runner, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });

async function ended(child: ReturnType<typeof start>) {
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: code as number, stdout, stderr };
}

const conformance = (...args: string[]) => ended(start(...args));

interface Script {
  readonly modules?: readonly string[];
  /** The module's result by its name; `gone` when the suite stops answering, `RUNNING` when it never ends. */
  readonly results?: Readonly<Record<string, string>>;
  readonly log?: readonly object[];
}

/** Answers as a suite does that ran these modules: a real one cannot be made to stop halfway or to be of another version. */
async function suite({ modules = known, results = {}, log = [] }: Script): Promise<Server> {
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
  const listener: RequestListener = (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://suite');
    if (results[searchParams.get('test') ?? ''] === 'gone') return request.socket.destroy();
    if (pathname.endsWith('/wait-state')) return undefined;
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
  async function startAgainst(script: Script) {
    const server = await suite(script);
    servers.push(server);
    const selected = ['--plans', 'cc', '--variants', plan.name, '--issuer', 'https://as.example.com'];
    return start('--suite', url(server), ...selected, '--out', directory);
  }
  const runAgainst = async (script: Script) => ended(await startAgainst(script));

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
    const child = await startAgainst({ results: { [known[1] ?? '']: 'RUNNING' } });
    child.stdout.on('data', (chunk) => {
      if (`${chunk}`.includes('1/5')) child.kill('SIGINT');
    });
    const { code, stdout, stderr } = await ended(child);
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

  it('refuses an unknown plan group before anything else', async () => {
    const { code, stderr } = await conformance('--plans', 'spp');
    expect(stderr).to.include('write some of sp,ms,cc');
    expect(code).to.equal(2);
  });
});
