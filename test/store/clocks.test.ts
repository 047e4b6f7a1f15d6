import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

import { mock } from 'node:test';

import { expect } from 'chai';

import { clockOffset, judgeClock, TOLERATED } from '../../lib/database/clock.ts';
import { openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { OperationalError } from '../../lib/errors.ts';
import { seconds } from '../../lib/seconds.ts';
import { knexAdapter } from '../../lib/store/adapter.ts';
import { testDatabase } from '../support/postgres.ts';
import { type Agent, agentAt, key } from './core.ts';
import { encryption_keys } from './stores.ts';

async function startNode(url: string, ahead: number): Promise<{ process: ChildProcess; port: number }> {
  const env = { ...process.env, DATABASE_URL: url, CLIENT_KEY: JSON.stringify(key), SECONDS_AHEAD: `${ahead}` };
  const node = fork(new URL('skewed_node.ts', import.meta.url), { env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const [port] = await once(node, 'message');
  return { process: node, port };
}

describe('a clock that is wrong', () => {
  let test: Awaited<ReturnType<typeof testDatabase>>;
  before(async () => {
    test = await testDatabase();
  });
  after(() => test.drop());

  it('RFC7523-3-7 two minutes ahead: a purge by it forgets nothing that was used', async () => {
    const here = await startNode(test.url, 0);
    const ahead = await startNode(test.url, 120);
    const agent = await agentAt(here.port);
    const body = agent.client.pushBody();
    expect((await agent.push(body)).status).to.equal(201);
    ahead.process.send('purge');
    await once(ahead.process, 'message');
    expect((await agent.push(body)).status).to.equal(401);
    for (const { process } of [here, ahead]) process.kill('SIGKILL');
  });

  it('RFC7523-3-7 behind: what a purge may have forgotten is taken to be used', async () => {
    const database = await openDatabase({ url: test.url });
    await migrate(database.knex);
    const replays = knexAdapter(database.knex, { encryption_keys })('ReplayDetection');
    const now = seconds();
    expect(await replays.unique('within', now - TOLERATED - 59)).to.equal(true);
    expect(await replays.unique('purged', now - 120)).to.equal(false);
    await database.close();
  });

  for (const [seconds, said] of [
    [120, 'ahead of'],
    [-120, 'behind'],
  ] as const) {
    it(`is refused at boot, and told before: ${said} the database's`, async () => {
      const database = await openDatabase({ url: test.url });
      mock.timers.enable({ apis: ['Date'], now: Date.now() + seconds * 1000 });
      const offset = await clockOffset(database.knex).finally(() => mock.timers.reset());
      expect(offset).to.be.within(seconds * 1000 - 2000, seconds * 1000 + 2000);
      expect(() => judgeClock(offset)).to.throw(OperationalError, `s ${said} the database's, 30 s are tolerated`);
      expect(() => judgeClock(10_000)).not.to.throw();
      await database.close();
    });
  }
});

describe('two nodes whose clocks are ten seconds apart', () => {
  let test: Awaited<ReturnType<typeof testDatabase>>;
  const nodes: ChildProcess[] = [];
  let here: Agent;
  let ahead: Agent;

  before(async () => {
    test = await testDatabase();
    const agents: Agent[] = [];
    for (const ahead of [0, 10]) {
      const node = await startNode(test.url, ahead);
      nodes.push(node.process);
      agents.push(await agentAt(node.port));
    }
    [here, ahead] = agents as [Agent, Agent];
  });

  after(async () => {
    for (const node of nodes) node.kill('SIGKILL');
    await test.drop();
  });

  for (const [name, nodes] of Object.entries({ 'behind to ahead': [0, 1], 'ahead to behind': [1, 0] })) {
    it(`FAPI2-SP-FINAL-5.3.2.1-13 a flow goes on at the other one: ${name}`, async () => {
      const [first, second] = nodes.map((index) => [here, ahead][index]) as [Agent, Agent];
      const { request_uri } = JSON.parse((await first.push()).body);
      const code = (await second.authorize(request_uri)).searchParams.get('code');
      const reply = await first.token(`${first.client.tokenBody()}&code=${code}`);
      expect(reply.status, reply.body).to.equal(200);
      const again = await second.token(`${second.client.tokenBody()}&code=${code}`);
      expect([again.status, JSON.parse(again.body).error]).to.deep.equal([400, 'invalid_grant']);
    });

    it(`RFC7523-3-7 what was used at the one is used at the other: ${name}`, async () => {
      const [first, second] = nodes.map((index) => [here, ahead][index]) as [Agent, Agent];
      const body = first.client.pushBody();
      expect((await first.push(body)).status).to.equal(201);
      expect((await second.push(body)).status).to.equal(401);
    });
  }

  it('the one ahead purges nothing the other one still needs', async () => {
    const body = here.client.pushBody();
    const { request_uri } = JSON.parse((await here.push(body)).body);
    nodes[1]?.send('purge');
    await once(nodes[1] as ChildProcess, 'message');
    expect((await here.push(body)).status).to.equal(401);
    expect((await here.authorize(request_uri)).searchParams.get('code')).to.be.a('string');
  });
});
