import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { subOf } from '../../lib/accounts/listed.ts';
import { auditKeys, publicOf } from '../../lib/audit/open.ts';
import { Pseudonyms } from '../../lib/audit/pseudonyms.ts';
import { byChain, byTime, sentence, type Told, told, type Wanted } from '../../lib/audit/read.ts';
import { verifyTrail } from '../../lib/audit/verify.ts';
import { authorize, Browser } from '../../lib/demo/browser.ts';
import type { HttpsFetch } from '../../lib/http/https_fetch.ts';
import { auditTableOf } from '../../lib/store/statements.ts';
import { clients } from '../flows/clients.ts';
import { authorized } from '../flows/flow_client.ts';
import { openidClient } from '../flows/openid_client.ts';
import { flowServer, type OwnServer, trustingFetch } from '../flows/server.ts';
import { migratedDatabase, type TestDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { person } from '../support/wire_client.ts';

const client = clients.find(({ client_id }) => client_id === 'private_key_jwt-dpop') as (typeof clients)[0];

/** Every value of a request or an answer that lets its holder do something. */
function recording(secrets: Set<string>): HttpsFetch {
  const fetch = trustingFetch();
  return async (url, options) => {
    const fields =
      options?.body instanceof URLSearchParams ? options.body : new URLSearchParams(`${options?.body ?? ''}`);
    for (const name of ['client_assertion', 'code', 'code_verifier', 'refresh_token', 'token', 'code_challenge']) {
      for (const value of fields.getAll(name)) secrets.add(value);
    }
    const response = await fetch(url, options);
    const body = await response.clone().text();
    for (const [, value = ''] of body.matchAll(/"(?:access_token|refresh_token|id_token|request_uri)":"([^"]+)"/g)) {
      secrets.add(value);
    }
    return response;
  };
}

for (const [name, make] of Object.entries({
  PGlite: async (): Promise<TestDatabase> => ({ url: 'pglite:', drop: async () => {} }),
  Postgres: migratedDatabase,
})) {
  describe(`The audit trail on ${name}`, () => {
    let database: TestDatabase;
    let server: OwnServer;
    let folder: string;
    const lines = () => join(folder, 'audit.jsonl');
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'audit-'));
      database = await make();
      server = await flowServer({ database: database.url, set: [`audit.file=${JSON.stringify(lines())}`] });
    });
    after(async () => {
      await server?.close().catch(() => {}); // the last test closes it
      await database?.drop();
      await rm(folder, { recursive: true });
    });

    const table = () => auditTableOf(server.adapter.store.table);
    async function pseudonyms(): Promise<Pseudonyms> {
      const { knex, seal } = server.adapter.store;
      const { secret } = await auditKeys(server.adapter);
      return new Pseudonyms({ knex, table: table().replace('oidc_audit', 'oidc_pseudonyms'), seal, secret });
    }
    async function records(wanted: Wanted = {}): Promise<Told[]> {
      const keys = await (await pseudonyms()).all();
      const found: Told[] = [];
      for await (const row of byTime(server.adapter.store.knex, table(), wanted)) found.push(told(row, keys));
      return found;
    }
    async function verified() {
      const { signing } = await auditKeys(server.adapter);
      const keys = new Map([[`${signing.kid}`, publicOf(signing)]]);
      return verifyTrail(byChain(server.adapter.store.knex, table()), { keys });
    }

    it('tells one flow from the push to the refresh, joined by its flow id, and holds no secret of it', async () => {
      const secrets = new Set<string>();
      const flow = await openidClient(server, client, recording(secrets));
      const callback = await authorized(flow, { scope: 'openid profile' });
      const tokens = await flow.exchange(callback);
      await flow.refresh(`${tokens.refresh_token}`);
      const [push] = (await records({ event: 'push.accepted' })).slice(-1);
      expect(push?.flow).to.be.a('string');
      const told = await records({ flow: `${push?.flow}` });
      expect(told.map(({ event }) => event)).to.deep.equal([
        'push.accepted',
        'login.succeeded',
        'request.spent',
        'consent.given',
        'code.issued',
        'tokens.issued',
        'tokens.issued',
      ]);
      expect(told[0]).to.deep.include({ client: client.client_id, details: { scope: 'openid profile' } });
      expect(told[3]?.details).to.deep.include({ scope: 'openid profile' });
      expect(told[5]?.details).to.deep.include({ grant_type: 'authorization_code', bound_to: 'DPoP key' });
      expect(new Set(told.slice(1).map(({ account }) => account)).size, 'one pseudonym').to.equal(1);
      expect(new Set(told.slice(3).map(({ grant_id }) => grant_id)).size, 'one grant').to.equal(1);
      expect(told.every(({ interaction_id }) => /^[0-9a-f-]{36}$/.test(`${interaction_id}`))).to.equal(true);
      for (const record of told) expect(sentence(record)).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z {2}[a-z]/);
      const [first] = told as [Told];
      const long = sentence({ ...first, details: { scope: 'x'.repeat(5000) } });
      expect(long).to.have.length.below(400);
      expect(sentence({ ...first, client: 'a\nb', details: { reason: 'one\n  two\u001b[2J' } })).to.match(
        /client a b, reason one two \[2J$/,
      );
      const signed = sentence({ ...first, event: 'audit.checkpoint', details: { jws: 'e30.e30.c2ln' } });
      expect(signed).to.not.contain('e30');

      expect(secrets.size).to.be.above(7);
      const everything = JSON.stringify(await records());
      for (const secret of secrets) expect(everything.includes(secret), secret.slice(0, 12)).to.equal(false);
    });

    it('travels with the statement it tells of: a push stays one round trip', async () => {
      const flow = await openidClient(server, client);
      await flow.push({ scope: 'openid' });
      const accepted = (await records({ event: 'push.accepted' })).length;
      const before = server.adapter.store.roundTrips;
      await flow.push({ scope: 'openid' });
      expect(server.adapter.store.roundTrips - before).to.equal(1);
      expect(await records({ event: 'push.accepted' }), 'durable with the answer').to.have.length(accepted + 1);
    });

    it('tells of what was refused, and why', async () => {
      const flow = await openidClient(server, client);
      const refused = await flow.push({ scope: 'openid', redirect_uri: 'https://attacker.example' }).catch((e) => e);
      expect(refused).to.be.instanceOf(Error);
      const callback = await authorized(flow, { scope: 'openid' });
      await flow.exchange(callback);
      expect(await flow.exchange(callback).catch((error) => error)).to.be.instanceOf(Error);
      // What no row travels with is written within a second.
      let found: Told[] = [];
      await until(async () => {
        found = await records({ client: client.client_id });
        return found.some(({ event }) => event === 'code.reused');
      });
      const events = found.map(({ event }) => event);
      expect(events).to.include('push.refused').and.include('code.reused');
      const push = found.find(({ event }) => event === 'push.refused');
      expect(push?.details).to.deep.include({ error: 'invalid_request' });
    });

    it('PAR-7.3 of a request that two browsers finish, says that it was spent once and what did not happen', async () => {
      const flow = await openidClient(server, client);
      const request = await flow.push({ scope: 'openid' });
      const finish = () => authorize(new Browser(trustingFetch()), request, person);
      await Promise.all([finish(), finish()]);
      let found: Told[] = [];
      await until(async () => {
        const [push] = (await records({ event: 'push.accepted' })).slice(-1);
        found = await records({ flow: `${push?.flow}` });
        return found.some(({ event }) => /refused$/.test(event));
      });
      const count = (name: string) => found.filter(({ event }) => event === name).length;
      const undone = found.filter(({ event, details }) => event === 'replay.refused' && details !== 'sealed');
      const taken = undone.flatMap(({ details }) => (details as { instead_of?: string[] }).instead_of ?? []);
      expect(count('request.spent') - taken.filter((event) => event === 'request.spent').length).to.equal(1);
      expect(count('code.issued')).to.equal(1);
    });

    it('verifies, and tells of a row that was edited or taken out by hand', async () => {
      const { knex } = server.adapter.store;
      const before = await verified();
      expect(before.faults).to.deep.equal([]);
      expect(before.rows).to.be.above(10);
      const [row] = (await knex.raw(`select chain, seq, client from ${table()} where event = 'code.issued' limit 1`))
        .rows;
      const where = `where chain = '${row.chain}' and seq = ${row.seq}`;
      await knex.raw(`update ${table()} set client = 'nobody' ${where}`);
      expect((await verified()).faults.map(({ text }) => text)).to.deep.equal(['is not as it was written']);
      await knex.raw(`update ${table()} set client = ? ${where}`, [row.client]);
      expect((await verified()).faults).to.deep.equal([]);
    });

    it('of an erased person says what happened, and no longer to whom; it still verifies', async () => {
      const consented = async () => (await records({ event: 'consent.given' })).map(({ details }) => details);
      expect(await consented()).to.not.include('sealed');
      const sub = subOf({ login: person.login });
      expect(await (await pseudonyms()).destroy(sub)).to.equal(true);
      expect(new Set(await consented())).to.deep.equal(new Set(['sealed']));
      expect(await (await pseudonyms()).find(sub)).to.have.property('key', undefined);
      expect((await verified()).faults).to.deep.equal([]);
    });

    it('is written to a file as well, a JSON object a line, once it is durable', async () => {
      await server.close();
      const written = (await readFile(lines(), 'utf8')).trim().split('\n');
      const found = written.map((line) => JSON.parse(line));
      expect(found.map(({ event }) => event)).to.include.members(['push.accepted', 'code.issued', 'audit.checkpoint']);
      expect(found[0]).to.include.keys('time', 'node', 'chain', 'seq', 'hash');
    });
  });
}
