import { request } from 'node:https';

import { expect } from 'chai';

import { type Database, openDatabase } from '../../lib/database/database.ts';
import { type FleetNode, listNodes } from '../../lib/management/nodes.ts';
import { migratedDatabase, type TestDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { anywhere, development, Running, run } from './cli.ts';

/** The status of an answer on a connection of its own, so that whichever worker is next takes it. */
function ask(url: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = {
      rejectUnauthorized: false,
      agent: false as const,
      timeout: 5000,
      headers: { host: 'localhost:9443' },
    };
    request(new URL(path, url), options, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    })
      .once('timeout', () => reject(new Error('no answer')))
      .once('error', reject)
      .end();
  });
}

const pidOf = ({ node }: FleetNode) => Number(node.split('/')[1]);

describe('serve with two workers', () => {
  let database: TestDatabase;
  let opened: Database;
  let set: string[];
  let server: Running;
  let url: string;
  let management: string;

  before(async () => {
    database = await migratedDatabase();
    opened = await openDatabase({ url: database.url });
    set = [...anywhere, '--set', `database.url=${database.url}`, '--set', 'management.port=0', '--set', 'workers=2'];
    server = new Running(['serve', '--config', development, ...set], { LOG_LEVEL: 'info' });
    await server.prints(/Stop with/);
    url = await server.prints(/listening on +(\S+)/);
    management = await server.prints(/management on +(\S+)/);
  });
  after(async () => {
    server.process.kill('SIGKILL');
    await opened.close();
    await database.drop();
  });

  const nodes = () => listNodes(opened.knex);
  const serving = async () => (await nodes()).filter(({ state }) => state === 'serving');
  const metric = async (pattern: RegExp) =>
    Number(pattern.exec(await (await fetch(`${management}/metrics`)).text())?.[1]);

  it('greets once, and shows each worker among the nodes', async () => {
    expect(server.stdout.match(/listening on/g)).to.have.length(1);
    const { stdout } = await run(['nodes', '--config', development, ...set, '--json']);
    const { nodes: shown, differences } = JSON.parse(stdout) as { nodes: FleetNode[]; differences: unknown[] };
    const pids = shown.map(pidOf);
    expect(differences).to.deep.equal([]);
    expect(new Set(pids)).to.have.property('size', 2);
    expect(pids).not.to.include(server.process.pid);
  });

  it('tells the metrics of both, whichever is asked', async () => {
    for (let index = 0; index < 6; index += 1) expect(await ask(url, '/jwks')).to.equal(200);
    expect(await metric(/^oidc_requests_total\{endpoint="jwks",status="200"\} (\d+)$/m)).to.equal(6);
    expect(await metric(/^oidc_ready (\d)$/m)).to.equal(1);
  });

  it('replaces a worker that dies; requests to the others go on', async () => {
    const [victim] = await serving();
    process.kill(pidOf(victim as FleetNode), 'SIGKILL');
    // The connection that the dead one was handed, if there was one, is the only one lost.
    const answers: number[] = [];
    for (let index = 0; index < 20; index += 1) answers.push(await ask(url, '/jwks').catch(() => 0));
    expect(answers.filter((status) => status !== 200)).to.have.length.at.most(1);
    let pids: number[] = [];
    await until(async () => {
      pids = (await serving()).map(pidOf).filter((pid) => pid !== pidOf(victim as FleetNode));
      return pids.length >= 2;
    });
    expect(pids).to.have.length(2);
    expect(server.stderr).to.match(/"signal":"SIGKILL".*a worker has ended and is replaced/);
  });

  it('passes SIGHUP on to every worker', async () => {
    server.process.kill('SIGHUP');
    const read = () => server.stderr.match(/the configuration was read again/g)?.length ?? 0;
    await until(() => read() >= 2);
    expect(read()).to.equal(2);
  });

  it('ends with 0 when it is told to, each worker after what is under way', async () => {
    server.process.kill('SIGTERM');
    const { code, stdout } = await server.ends();
    expect(stdout).to.match(/SIGTERM: answering what is under way/);
    expect(code).to.equal(0);
    const states = (await nodes()).map(({ state }) => state);
    expect(states.filter((state) => state === 'stopped')).to.have.length(2);
  });
});

describe('workers', () => {
  it('that cannot start are told of once, with the exit code of the first', async () => {
    const away = ['--set', 'database.url=postgres://nobody@127.0.0.1:1/none', '--set', 'workers=2'];
    const { code, stderr } = await run(['serve', '--config', development, ...anywhere, ...away], { alone: true });
    expect(code).to.equal(1);
    expect(stderr.trim().split('\n')).to.have.length(1);
    expect(stderr).to.match(/database .* does not answer/);
  });

  for (const workers of ['2', 'auto']) {
    it(`${workers} of an embedded database are refused with a line`, async () => {
      const { code, stderr } = await run(['serve', '--config', development, '--set', `workers=${workers}`]);
      expect(code).to.equal(2);
      expect(stderr).to.match(/workers: share a database, and an embedded one is for one process: write 1, or/);
    });
  }
});
