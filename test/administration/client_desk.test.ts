import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import type { ClientDesk } from '../../lib/administration/client_desk.ts';
import type { GrantDesk } from '../../lib/administration/grant_desk.ts';
import { byTime, told } from '../../lib/audit/read.ts';
import { openDesks, operator } from '../../lib/commands/desk.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import { UsageError } from '../../lib/errors.ts';
import { Resources } from '../../lib/resources.ts';
import { seconds } from '../../lib/seconds.ts';
import { type RunningServer, startServer } from '../../lib/server/server.ts';
import { auditTableOf } from '../../lib/store/statements.ts';
import { development } from '../commands/cli.ts';
import { configured } from '../flows/server.ts';
import { migratedDatabase, type TestDatabase } from '../support/postgres.ts';
import { RawClient } from '../support/raw_client.ts';

describe('clients of the database', () => {
  let database: TestDatabase;
  let folder: string;
  let server: RunningServer;
  let client: RawClient;
  let metadata: Record<string, unknown>;
  const resources = new Resources();
  /** What a command works with: a store of its own, beside the server's. */
  let clients: ClientDesk;
  let grants: GrantDesk;
  let another: ClientDesk;

  before(async () => {
    database = await migratedDatabase();
    folder = await mkdtemp(join(tmpdir(), 'clients-'));
    const port = await freePort();
    client = await RawClient.create(`https://localhost:${port}`);
    metadata = client.metadata as Record<string, unknown>;
    const listed = client.others.map((other) => ({ metadata: other }));
    const set = await configured(folder, { database: database.url, port, clients: listed });
    const config = await loadConfig(development, { set });
    server = await startServer(config);
    ({ clients, grants } = await openDesks(config, resources));
    ({ clients: another } = await openDesks(config, resources));
  });
  after(async () => {
    await resources.close();
    await server?.close();
    await database?.drop();
    await rm(folder, { recursive: true });
  });

  beforeEach(() => server.adapter.store.knex('oidc_payloads').where({ model: 'Client' }).delete());

  /** What the trail says since, but for who is refused at the endpoints. */
  /** A time that nothing before it shares. */
  async function moment(): Promise<number> {
    await new Promise((later) => setTimeout(later, 5));
    return Date.now();
  }

  async function records(since: number) {
    const { knex, table } = server.adapter.store;
    const found = [];
    for await (const row of byTime(knex, auditTableOf(table), { since })) {
      const { event, client: about, details } = told(row, new Map());
      if (/^(client|grants|admin)\.(?!refused)|^admin\./.test(event)) found.push({ event, client: about, details });
    }
    return found;
  }

  const refusal = (act: Promise<unknown>): Promise<Error> =>
    act.then(
      () => new Error('done'),
      (error) => error,
    );

  /** Tokens of somebody who has consented. */
  async function signedIn() {
    const { body } = await client.exchange(await client.code());
    expect(body).to.have.property('refresh_token');
    return body;
  }
  const refreshed = async ({ refresh_token }: { refresh_token: string }) =>
    (await client.token({ grant_type: 'refresh_token', refresh_token })).body;
  const pushed = async () => (await client.push()).body;

  it('a client that is added is one at once, in the server beside; changed, disabled, enabled and removed so, too', async () => {
    const since = await moment();
    expect(await pushed()).to.include({ error: 'invalid_client' });
    await clients.add(metadata);
    const first = await signedIn();

    await clients.set('client', (before) => ({ ...before, client_name: 'The Shop', scope: 'openid' }));
    expect(await pushed()).to.include({ error: 'invalid_scope' });
    await clients.set('client', (before) => ({ ...before, scope: metadata.scope }));
    expect(await refreshed(first)).to.have.property('access_token');
    const { request_uri } = await pushed();

    expect(await clients.disable('client')).to.include({ grants: 1, sessions: 0 });
    expect(await pushed()).to.include({ error: 'invalid_client' });
    expect(await refreshed(first)).to.include({ error: 'invalid_client' });
    const place = await client.browser.open(client.authorizationUrl(request_uri));
    expect(place.response?.status).to.be.within(400, 401);

    await clients.enable('client');
    expect(await refreshed(first), 'what it held has been ended').to.include({ error: 'invalid_grant' });
    const again = await client.browser.open(client.authorizationUrl((await pushed()).request_uri));
    expect(again.html, 'and the person is asked again').to.contain('Allow access?');
    const second = await signedIn();

    expect(await clients.remove('client')).to.include({ grants: 1 });
    expect(await refreshed(second)).to.include({ error: 'invalid_client' });
    await clients.add(metadata);
    expect(await refreshed(second), 'a client of that name is another one').to.include({ error: 'invalid_grant' });
    await clients.remove('client');

    const told = await records(since);
    const events = ['added', 'changed', 'changed', 'disabled', 'enabled', 'removed', 'added', 'removed'];
    const [own, ended] = [
      told.filter(({ event }) => event.startsWith('client.')),
      told.filter(({ event }) => event === 'grants.revoked'),
    ];
    expect(own.map(({ event }) => event)).to.deep.equal(events.map((event) => `client.${event}`));
    expect(ended, 'and what it held').to.have.length(3);
    for (const { client: about, details } of told) {
      expect(about).to.equal('client');
      expect((details as { by: string }).by).to.equal(operator());
    }
    expect(told[1]?.details).to.deep.include({ changed: ['client_name', 'scope'] });
  }).timeout(60_000);

  it('disabling may leave what the client holds for when it is enabled again', async () => {
    await clients.add(metadata);
    const held = await signedIn();
    await clients.disable('client', { keepGrants: true });
    expect(await refreshed(held)).to.include({ error: 'invalid_client' });
    await clients.enable('client');

    expect(await refreshed(held)).to.have.property('access_token');
    await clients.remove('client');
  }).timeout(30_000);

  it('of two who add one id, or disable one client, one does and the other is told', async () => {
    const both = [clients, another];
    const adding = await Promise.allSettled(both.map((desk) => desk.add(metadata)));
    const disabling = await Promise.allSettled(both.map((desk) => desk.disable('client')));
    for (const [acts, said] of [
      [adding, /there is a client client already/],
      [disabling, /client client is disabled already/],
    ] as const) {
      expect(acts.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected']);
      const lost = acts.find((act) => act.status === 'rejected') as PromiseRejectedResult;
      expect(`${lost.reason}`).to.match(said);
    }
    await clients.remove('client');
  });

  it('of two changes at the same moment, neither undoes the other', async () => {
    await clients.add(metadata);
    await Promise.all([
      clients.set('client', (before) => ({ ...before, client_name: 'One' })),
      another.set('client', (before) => ({ ...before, client_uri: 'https://client.example.com' })),
    ]);

    const { client: kept } = await clients.known('client');
    expect(kept).to.include({ client_name: 'One', client_uri: 'https://client.example.com' });
    await clients.remove('client');
  });

  for (const [what, changes, said] of [
    ['outside the profile', { redirect_uris: ['http://client.example.com/cb'] }, /redirect_uris.*https.*\[FAPI2/s],
    [
      'public',
      { token_endpoint_auth_method: 'none' },
      /token_endpoint_auth_method must be one of .*\[FAPI2-SP-FINAL-5/,
    ],
    ['misspelt', { redirect_urls: [] }, /redirect_urls is no known key, did you mean redirect_uris/],
    ['of another type', { redirect_uris: 'https://client.example.com' }, /redirect_uris is text, write a list/],
    ['what core refuses', { redirect_uris: [] }, /redirect_uris/],
    ['without keys', { jwks: undefined }, /jwks/],
    ['of an id of the file', { client_id: 'clien' }, /clien stands in the configuration file, change it there/],
  ] as const) {
    it(`metadata that are ${what} are refused with a record, and nothing is written`, async () => {
      const since = await moment();
      const error = await refusal(clients.add({ ...metadata, ...changes }));

      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.match(said);
      expect((await clients.registry.page()).map(({ client_id }) => client_id)).to.deep.equal([]);
      const [record, ...more] = await records(since);
      expect([record?.event, more]).to.deep.equal(['admin.refused', []]);
      expect(record?.details).to.include({ act: 'clients add', by: operator() });
    });
  }

  it('a change is judged as well, and so is a client that comes back', async () => {
    await clients.add(metadata);
    const change = clients.set('client', (before) => ({
      ...before,
      token_endpoint_auth_method: 'client_secret_basic',
    }));
    expect((await refusal(change)).message).to.match(/token_endpoint_auth_method/);
    expect(await pushed()).to.have.property('request_uri');
    const renamed = clients.set('client', (before) => ({ ...before, client_id: 'other' }));
    expect((await refusal(renamed)).message).to.match(/client_id is what a client is known by/);
    await clients.remove('client');
  });

  for (const act of ['disable', 'enable', 'remove'] as const) {
    it(`${act} of an unknown client, and of one of the file, is refused with a record`, async () => {
      const since = await moment();
      expect((await refusal(clients[act]('nobody'))).message).to.equal('no client nobody');
      expect((await refusal(clients[act]('clien'))).message).to.match(/^clien stands in the configuration file/);

      expect((await records(since)).map(({ event }) => event)).to.deep.equal(['admin.refused', 'admin.refused']);
    });
  }

  it('import takes all or none, and what was exported comes back as it was', async () => {
    const many = Array.from({ length: 1100 }, (_, number) => ({ ...metadata, client_id: `client ${number}` }));
    const wrong = many.map((one, index) => (index === 700 ? { ...one, redirect_uris: ['http://x.example/'] } : one));
    expect((await refusal(clients.import(wrong))).message).to.match(/redirect_uris/);
    expect(await clients.registry.page()).to.deep.equal([]);

    await clients.import(many.slice(0, 3));
    await clients.disable('client 1');
    const taken = await refusal(clients.import(many));
    expect(taken.message).to.equal('there already, and nothing was changed: client 0, client 1, client 2');
    const exported = await clients.registry.page();
    for (const { client_id } of exported) await clients.remove(client_id);
    await clients.import(exported as never);
    expect(await clients.registry.page()).to.deep.equal(exported);
    const twice = clients.import([metadata, metadata]);
    expect((await refusal(twice)).message).to.match(/client_id is that of client 0 as well/);

    await clients.import(many, { replace: true });
    let listed = 0;
    for await (const page of clients.registry.all()) listed += page.length;
    expect(listed).to.equal(1100);
    expect((await clients.known('client 1')).client.disabled_at, 'the file says so').to.equal(undefined);
  }).timeout(60_000);

  describe('grants', () => {
    beforeEach(() => clients.add(metadata));

    it('are listed by account and client, without anything that lets its reader act for somebody', async () => {
      const tokens = await signedIn();
      const all = await grants.list({ all: true }, 10);
      expect(all).to.have.length(1);
      expect(all[0]).to.include({ client_id: 'client', scope: 'openid offline_access' });
      expect(await grants.list({ account: 'demo', client: 'client' }, 10)).to.deep.equal(all);
      expect(await grants.list({ client: 'clien' }, 10)).to.deep.equal([]);
      expect(JSON.stringify(all)).to.not.contain(tokens.access_token).and.not.contain(tokens.refresh_token);
      await grants.revoke({ client: 'client' });
    }).timeout(30_000);

    for (const [by, wanted] of [
      ['account', () => ({ account: 'demo' })],
      ['client', () => ({ client: 'client' })],
      ['time', () => ({ before: seconds() })],
      ['everybody', () => ({ all: true as const })],
    ] as const) {
      it(`are revoked by ${by}, with a record`, async () => {
        const tokens = await signedIn();
        // Younger than a second is no longer ago than now.
        await new Promise((later) => setTimeout(later, 1100));
        const since = await moment();
        expect(await grants.revoke(wanted())).to.include({ grants: 1 });

        expect(await refreshed(tokens)).to.include({ error: 'invalid_grant' });
        const { knex, table } = server.adapter.store;
        const events = [];
        for await (const row of byTime(knex, auditTableOf(table), { since })) events.push(row.event);
        expect(events).to.include('grants.revoked');
      }).timeout(30_000);
    }

    for (const [what, wanted, said] of [
      ['nobody', {}, /say whose grants/],
      ['a time to come', { before: seconds() + 3600 }, /before is still to come/],
      ['an unknown client', { client: 'nobody' }, /no client nobody/],
      ['an unknown account', { account: 'nobody' }, /no account nobody/],
      ['everybody and somebody', { all: true, client: 'client' }, /all is everybody/],
    ] as const) {
      it(`of ${what} are not revoked: refused with a record`, async () => {
        const since = await moment();
        const error = await refusal(grants.revoke(wanted));

        expect(error).to.be.instanceOf(UsageError);
        expect(error.message).to.match(said);
        expect((await records(since)).map(({ event }) => event)).to.deep.equal(['admin.refused']);
      });
    }
  });
});
