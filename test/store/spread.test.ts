import { hash } from 'node:crypto';

import { expect } from 'chai';
import { fresh, payloadOf } from '../../lib/contract/requirement.ts';
import { type Database, openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { knexAdapter } from '../../lib/store/adapter.ts';
import { unitOfWork } from '../../lib/store/unit_of_work.ts';
import { issuer } from '../bench/client.ts';
import { testDatabase } from '../support/postgres.ts';
import { type Agent, loginAndConsent, startCore } from './core.ts';
import { encryption_keys } from './stores.ts';

/** What a database that spreads rows by primary key sends to where the row is, and nowhere else. */
const byPrimaryKey = /^insert .*\son conflict \(id\) |^select .* where id in \(\$1(,\$\d+)*\)$/s;

describe('ready to be spread out over several database servers', () => {
  let test: Awaited<ReturnType<typeof testDatabase>>;
  const closing: (() => Promise<void>)[] = [];
  let statements: string[];

  /** A process of its own as far as the store can tell: nothing is shared but the database. */
  async function node() {
    const { knex, close }: Database = await openDatabase({ url: test.url });
    const adapter = knexAdapter(knex, { encryption_keys });
    const run = adapter.store.run.bind(adapter.store);
    adapter.store.run = (statement) => {
      statements.push(statement.text);
      return run(statement);
    };
    const core = await startCore(adapter, unitOfWork, loginAndConsent);
    closing.push(core.close, close);
    return { provider: core.provider, adapter, agent: await core.agent() };
  }

  before(async () => {
    test = await testDatabase();
    const { knex, close } = await openDatabase({ url: test.url });
    await migrate(knex);
    await close();
  });
  beforeEach(() => {
    statements = [];
  });
  after(async () => {
    for (const close of closing) await close();
    await test.drop();
  });

  /** Without `offline_access`, so that what is issued ends with the session. */
  async function codeFrom(agent: Agent, at: Agent): Promise<string> {
    const { request_uri } = JSON.parse((await agent.push(agent.client.pushBody('openid'))).body);
    return (await at.authorize(request_uri)).searchParams.get('code') as string;
  }

  const redeemed = (agent: Agent, code: string) => agent.token(`${agent.client.tokenBody()}&code=${code}`);

  it('a flow over three nodes asks for rows by primary key only, and so does the use of its token', async () => {
    const [one, two, three] = [await node(), await node(), await node()];
    const { status, body } = await redeemed(three.agent, await codeFrom(one.agent, two.agent));
    expect(status, body).to.equal(200);
    const { access_token } = JSON.parse(body);
    const { userinfo } = one.agent.endpoints;
    const ath = hash('sha256', access_token, 'base64url');
    const dpop = one.agent.client.proof(issuer + userinfo, { htm: 'GET', ath });
    const used = await one.agent.send('GET', userinfo, { authorization: `DPoP ${access_token}`, dpop });
    expect(used.status, used.body).to.equal(200);
    for (const text of statements) expect(text).to.match(byPrimaryKey);
    expect(statements).to.have.length.above(8);
  });

  it('a session that has taken a new id since is found all the same', async () => {
    const { agent, provider } = await node();
    const code = await codeFrom(agent, agent);
    const { sessionUid } = (await provider.AuthorizationCode.find(code)) as { sessionUid?: string };
    const session = await provider.Session.findByUid(sessionUid as string);
    session?.resetIdentifier();
    await session?.save(60);
    expect((await redeemed(agent, code)).status).to.equal(200);
    expect(statements.some((text) => text.includes('where alias in ($1,'))).to.equal(true);
  });

  it('RFC6749-4.1.2 a grant with three hundred tokens is revoked row by row, by primary key', async () => {
    const { adapter } = await node();
    const [grantId, ids] = [fresh(), Array.from({ length: 300 }, fresh)];
    const tokens = adapter('AccessToken');
    await Promise.all(ids.map((id) => tokens.upsert(id, payloadOf('AccessToken', id, { grantId }), 60)));
    await tokens.revokeByGrantId(grantId);
    const found = await Promise.all(ids.map((id) => tokens.find(id)));
    expect(found.filter(Boolean)).to.deep.equal([]);
    expect(
      statements.filter((text) => !byPrimaryKey.test(text) && !/^select .* where grant_id = /s.test(text)),
    ).to.deep.equal([]);
  });
});
