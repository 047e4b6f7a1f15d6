import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect } from 'chai';
import pg from 'pg';
import { type Database, openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { knexAdapter } from '../../lib/store/adapter.ts';
import { unitOfWork } from '../../lib/store/unit_of_work.ts';
import type { Reply } from '../bench/connection.ts';
import { type Listening, standBefore } from '../support/listening.ts';
import { Postgres, query, unprivileged } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { type Agent, header, loginAndConsent, startCore } from './core.ts';
import { encryption_keys } from './stores.ts';

/** What a client is told: try again. */
function expectUnavailable(reply: Reply): void {
  expect(reply.status, reply.body).to.equal(503);
  expect(JSON.parse(reply.body).error).to.equal('temporarily_unavailable');
  expect(header(reply, 'retry-after')).to.equal('1');
  expect(reply.body).not.to.match(/postgres|sql|oidc_payloads|ECONN/i);
}

describe('when the database fails', () => {
  let server: Postgres;
  let proxy: Listening;
  /** Milliseconds for which the answers of the database are held back. */
  let delay = 0;
  let database: Database;
  let core: Awaited<ReturnType<typeof startCore>>;
  let agent: Agent;

  before(async () => {
    server = await Postgres.start();
    proxy = await standBefore(server.port, () => {
      let last = Promise.resolve();
      const answered = (chunk: Buffer, pass: (chunk: Buffer) => void) => {
        last = last.then(() => (delay ? sleep(delay) : undefined)).then(() => pass(chunk));
      };
      return { answered };
    });
    database = await openDatabase({ url: server.url.replace(`${server.port}`, `${proxy.port}`), pool_size: 4 });
    await migrate(database.knex);
    core = await startCore(knexAdapter(database.knex, { encryption_keys, timeout: 1 }), unitOfWork, loginAndConsent);
    agent = await core.agent();
  });

  after(async () => {
    await core.close();
    await database.close();
    await proxy.close();
    await server.remove();
  });

  afterEach('it serves again by itself', async () => {
    // Connections that were being made when it happened are given up after five seconds.
    const served = async () => (await agent.push()).status === 201;
    for (let tries = 0; !(await served()) && tries < 40; tries += 1) await sleep(250);
    await agent.flow();
  });

  /** A request that reads and one that writes: neither is answered with 500, and none hangs. */
  async function expectAllUnavailable(): Promise<void> {
    expectUnavailable(await agent.push());
    expectUnavailable(await agent.token(`${agent.client.tokenBody()}&code=${'x'.repeat(43)}`));
    const path = `${agent.endpoints.authorize}?client_id=bench&request_uri=urn:ietf:params:oauth:request_uri:${'x'.repeat(43)}`;
    expect((await agent.send('GET', path)).status).to.equal(503);
  }

  it('stopped, restarted: 503 and Retry-After while it is away', async () => {
    await server.stop();
    await expectAllUnavailable();
    await server.start();
  });

  it('killed with requests under way: each gets its answer, 201 or 503, and what got 201 is there', async () => {
    const agents = await Promise.all(Array.from({ length: 16 }, () => core.agent()));
    const pushing = agents.map((each) => each.push());
    await server.stop('SIGKILL');
    const replies = await Promise.all(pushing);
    await server.start();
    for (const reply of replies) {
      if (reply.status !== 201) expectUnavailable(reply);
      else await agent.authorize(JSON.parse(reply.body).request_uri);
    }
  });

  it('read-only: 503, and service again when it is not', async () => {
    await query(server.url, 'alter system set default_transaction_read_only = on');
    await query(server.url, 'select pg_reload_conf()');
    expectUnavailable(await agent.push());
    const writing = `${server.url}?options=-c%20default_transaction_read_only%3Doff`;
    await query(writing, 'alter system reset default_transaction_read_only');
    await query(server.url, 'select pg_reload_conf()');
    const setting = async () => (await query(server.url, 'show default_transaction_read_only')).rows[0];
    await until(async () => (await setting()).default_transaction_read_only !== 'on');
  });

  it('out of connections: 503, and service again when there are some', async () => {
    const limit = Number((await query(server.url, 'show max_connections')).rows[0].max_connections);
    await query(
      server.url,
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'oidc-provider-fapi'`,
    );
    const hoard = Array.from({ length: limit }, () => new pg.Client(server.url));
    for (const client of hoard) client.on('error', () => {});
    await Promise.allSettled(hoard.map((client) => client.connect()));
    expectUnavailable(await agent.push());
    await Promise.all(hoard.map((client) => client.end().catch(() => {})));
  });

  it('out of disk: 503 to who writes, reads go on, and service again when there is room', async function () {
    const folder = join(server.folder, 'small');
    mkdirSync(folder);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status !== 0) this.skip();
    if (unprivileged) chownSync(folder, unprivileged.uid, unprivileged.gid);
    try {
      await query(server.url, `create tablespace small location '${folder}'`);
      await query(server.url, 'truncate oidc_payloads');
      await query(server.url, 'alter table oidc_payloads set tablespace small');
      const { access_token } = await agent.flow();
      let reply = await agent.push();
      for (let pushes = 0; reply.status === 201 && pushes < 5000; pushes += 1) reply = await agent.push();
      expectUnavailable(reply);
      expect(await core.provider.AccessToken.find(access_token)).to.have.property('jti', access_token);
      execFileSync('mount', ['-o', 'remount,size=64m', folder]);
      expect((await agent.push()).status).to.equal(201);
    } finally {
      await query(server.url, 'alter table oidc_payloads set tablespace pg_default');
      await query(server.url, 'drop tablespace small');
      execFileSync('umount', [folder]);
    }
  });

  it('locked: 503, and no more connections than the pool has, however long it takes', async () => {
    const holder = new pg.Client(server.url);
    await holder.connect();
    const connections = async () => {
      const { rows } = await query(
        server.url,
        `select count(*)::int as open from pg_stat_activity where application_name = 'oidc-provider-fapi'`,
      );
      return rows[0].open;
    };
    await holder.query('begin; lock table oidc_payloads');
    let most = 0;
    for (let round = 0; round < 4; round += 1) {
      await expectAllUnavailable();
      most = Math.max(most, await connections());
    }
    await holder.end();
    expect(most).to.be.within(1, 4);
  });

  it('slower than a request may take: 503 within that time; a little slow: only slower', async () => {
    delay = 60;
    await agent.flow();
    delay = 60_000;
    const started = performance.now();
    await expectAllUnavailable();
    expect(performance.now() - started).to.be.below(10_000);
    delay = 0;
  });
});
