import { expect } from 'chai';
import type { Provider } from 'oidc-provider';
import { type Database, openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { type KnexAdapterFactory, knexAdapter } from '../../lib/store/adapter.ts';
import { unitOfWork } from '../../lib/store/unit_of_work.ts';
import { query, testDatabase } from '../support/postgres.ts';
import { type Agent, header, loginAndConsent, startCore } from './core.ts';
import { encryption_keys } from './stores.ts';

describe('one HTTP request as one unit of work', () => {
  let test: Awaited<ReturnType<typeof testDatabase>>;
  let database: Database;
  let adapter: KnexAdapterFactory;
  let core: Awaited<ReturnType<typeof startCore>>;
  let agent: Agent;

  before(async () => {
    test = await testDatabase();
    database = await openDatabase({ url: test.url });
    await migrate(database.knex);
    adapter = knexAdapter(database.knex, { encryption_keys });
    core = await startCore(adapter, unitOfWork, loginAndConsent);
    agent = await core.agent();
  });

  after(async () => {
    await core.close();
    await database.close();
    await test.drop();
  });

  const pushed = async () => {
    const rows = `select count(*)::int from oidc_payloads where model = 'PushedAuthorizationRequest' and payload is not null`;
    return (await query(test.url, rows)).rows[0].count;
  };

  const codeFor = async (from = agent) => {
    const { request_uri } = JSON.parse((await from.push()).body);
    return (await from.authorize(request_uri)).searchParams.get('code');
  };

  it('a push takes one round trip, a flow at most twelve', async () => {
    await agent.flow();
    const before = adapter.store.roundTrips;
    expect((await agent.push()).status).to.equal(201);
    expect(adapter.store.roundTrips - before).to.equal(1);
    await (await core.agent()).flow();
    expect(adapter.store.roundTrips - before - 1).to.be.at.most(12);
  });

  it('the adapter works the same without it', async () => {
    const bare = await startCore(knexAdapter(database.knex, { encryption_keys }));
    const { access_token, refresh_token } = await (await bare.agent()).flow();
    expect(access_token).to.be.a('string');
    expect(refresh_token).to.be.a('string');
    await bare.close();
  });

  it('RFC7523-3-7 a client assertion used again is refused, and no pushed request is left behind', async () => {
    const body = agent.client.pushBody();
    expect((await agent.push(body)).status).to.equal(201);
    const before = await pushed();
    const again = await agent.push(body);
    expect([again.status, JSON.parse(again.body).error]).to.deep.equal([401, 'invalid_client']);
    expect(await pushed()).to.equal(before);
  });

  it('DPOP-11.1 a proof used again is refused, and no pushed request is left behind', async () => {
    const proof = agent.proof(agent.endpoints.push);
    expect((await agent.push(agent.client.pushBody(), proof)).status).to.equal(201);
    const before = await pushed();
    const again = await agent.push(agent.client.pushBody(), proof);
    expect([again.status, JSON.parse(again.body).error]).to.deep.equal([400, 'invalid_request']);
    expect(await pushed()).to.equal(before);
  });

  it('RFC7523-3-7 eight pushes with one assertion at the same moment leave one pushed request', async () => {
    const body = agent.client.pushBody();
    const agents = await Promise.all(Array.from({ length: 8 }, () => core.agent()));
    const before = await pushed();
    const statuses = await Promise.all(agents.map(async (each) => (await each.push(body)).status));
    expect(statuses.sort()).to.deep.equal([201, ...Array(7).fill(401)]);
    expect(await pushed()).to.equal(before + 1);
  });

  it('an assertion is used even where the request is refused for something else', async () => {
    const body = agent.client.pushBody().replace('S256', 'plain');
    expect((await agent.push(body)).status).to.equal(400);
    expect((await agent.push(body)).status).to.equal(401);
  });

  it('FAPI2-SP-FINAL-5.3.2.2-9 a code used by eight at the same moment is good for one, and then for nobody', async () => {
    const code = await codeFor();
    const agents = await Promise.all(Array.from({ length: 8 }, () => core.agent()));
    const replies = await Promise.all(agents.map((each) => each.token(`${each.client.tokenBody()}&code=${code}`)));
    expect(replies.filter(({ status }) => status === 200)).to.have.length(1);
    const refused = replies.filter(({ status }) => status !== 200).map(({ body }) => JSON.parse(body).error);
    expect(refused).to.deep.equal(Array(7).fill('invalid_grant'));
    const { access_token } = JSON.parse(replies.find(({ status }) => status === 200)?.body ?? '');
    expect(await core.provider.AccessToken.find(access_token), 'what the winner got is still good').to.equal(undefined);
  });

  for (const scope of ['openid', 'openid offline_access']) {
    it(`RFC6749-5.2 a code used again is refused by core itself, and no success is announced (${scope})`, async () => {
      const { request_uri } = JSON.parse((await agent.push(agent.client.pushBody(scope))).body);
      const code = (await agent.authorize(request_uri)).searchParams.get('code');
      const agents = await Promise.all(Array.from({ length: 4 }, () => core.agent()));
      const announced: string[] = [];
      core.provider.on('grant.success', () => void announced.push('success'));
      core.provider.on('grant.error', () => void announced.push('error'));
      await Promise.all(agents.map((each) => each.token(`${each.client.tokenBody()}&code=${code}`)));
      core.provider.removeAllListeners('grant.success').removeAllListeners('grant.error');
      expect(announced.sort()).to.deep.equal(['error', 'error', 'error', 'success']);
    });
  }

  it('FAPI2-SP-FINAL-6.2 a proof used at the token endpoint before is refused, and no token is left behind', async () => {
    const proof = agent.proof(agent.endpoints.token);
    expect((await agent.token(`${agent.client.tokenBody()}&code=${await codeFor()}`, proof)).status).to.equal(200);
    const tokens = `select count(*)::int from oidc_payloads where model like '%Token' and payload is not null`;
    const before = (await query(test.url, tokens)).rows[0].count;
    const again = await agent.token(`${agent.client.tokenBody()}&code=${await codeFor()}`, proof);
    expect([again.status, JSON.parse(again.body).error]).to.deep.equal([400, 'invalid_grant']);
    expect((await query(test.url, tokens)).rows[0].count).to.equal(before);
  });

  it('nothing has left when the last write fails: 503, Retry-After, no redirect, no cookie', async () => {
    const { request_uri } = JSON.parse((await agent.push()).body);
    await query(test.url, 'alter table oidc_payloads add constraint full_up check (false) not valid');
    const path = `${agent.endpoints.authorize}?client_id=bench&request_uri=${encodeURIComponent(request_uri)}`;
    const reply = await agent.send('GET', path);
    await query(test.url, 'alter table oidc_payloads drop constraint full_up');
    expect(reply.status).to.equal(503);
    expect(JSON.parse(reply.body).error).to.equal('temporarily_unavailable');
    expect(header(reply, 'retry-after')).to.equal('1');
    expect(header(reply, 'location')).to.equal(undefined);
    expect(header(reply, 'set-cookie')).to.equal(undefined);
    expect((await agent.send('GET', path)).status).to.equal(303);
  });

  it('an error page stays what it is: only what tells of no error is answered otherwise', async () => {
    const { request_uri } = JSON.parse((await agent.push()).body);
    await query(test.url, 'alter table oidc_payloads add constraint full_up check (false) not valid');
    const back = await agent.authorize(request_uri).catch(({ message }) => message);
    const pushed = await agent.push();
    await query(test.url, 'alter table oidc_payloads drop constraint full_up');
    expect(back).to.match(/status 503/);
    expect([pushed.status, JSON.parse(pushed.body).error_description]).to.deep.equal([
      503,
      'the authorization server is temporarily unable to keep its records',
    ]);
  });

  it('what goes on when the response has left is written at once', async () => {
    const [answered, saved] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
    const straggler = (provider: Provider) => async (_ctx: unknown, next: () => Promise<void>) => {
      const grant = new provider.Grant({ accountId: 'later', clientId: 'bench' });
      answered.promise.then(() => grant.save()).then(saved.resolve, saved.reject);
      await next();
    };
    const later = await startCore(adapter, unitOfWork, straggler);
    await (await later.agent()).send('GET', '/nowhere');
    answered.resolve();
    expect(await core.provider.Grant.find(await saved.promise)).to.have.property('accountId', 'later');
    await later.close();
  });
});
