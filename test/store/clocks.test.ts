import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

import { expect } from 'chai';

import { testDatabase } from '../support/postgres.ts';
import { type Agent, agentAt, key } from './core.ts';

describe('two nodes whose clocks are ten seconds apart', () => {
  let test: Awaited<ReturnType<typeof testDatabase>>;
  const nodes: ChildProcess[] = [];
  let here: Agent;
  let ahead: Agent;

  before(async () => {
    test = await testDatabase();
    const agents: Agent[] = [];
    for (const SECONDS_AHEAD of ['0', '10']) {
      const env = { ...process.env, DATABASE_URL: test.url, CLIENT_KEY: JSON.stringify(key), SECONDS_AHEAD };
      const node = fork(new URL('skewed_node.ts', import.meta.url), {
        env,
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      });
      nodes.push(node);
      const [port] = await once(node, 'message');
      agents.push(await agentAt(port));
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
