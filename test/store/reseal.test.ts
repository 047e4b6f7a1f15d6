import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { expect } from 'chai';
import { fresh, payloadOf } from '../../lib/contract/requirement.ts';
import { type Database, openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { knexAdapter } from '../../lib/store/adapter.ts';
import { reseal } from '../../lib/store/reseal.ts';
import { aliasOf, rowId } from '../../lib/store/row.ts';
import { openedDatabase, testDatabase } from '../support/postgres.ts';

for (const kind of ['PGlite', 'Postgres']) {
  describe(`reseal on ${kind}`, () => {
    const [old, current] = [randomBytes(32), randomBytes(32)];
    let test: Awaited<ReturnType<typeof testDatabase>> | undefined;
    let database: Database;

    before(async () => {
      if (kind === 'Postgres') test = await testDatabase();
      database = await openDatabase({ url: test?.url ?? 'pglite:' });
      await migrate(database.knex);
    });
    beforeEach(() => database.knex('oidc_payloads').delete());
    after(async () => {
      await database.close();
      await test?.drop();
    });

    const sessions = (...keys: Buffer[]) => knexAdapter(database.knex, { encryption_keys: keys })('Session');
    const save = async (key: Buffer) => {
      const id = fresh();
      await sessions(key).upsert(id, payloadOf('Session', id, { uid: id }), 60);
      return id;
    };

    it('moves old rows to the first key, so that the old key may go', async () => {
      const ids = await Promise.all([...Array.from({ length: 50 }, () => save(old)), save(current)]);
      const result = await reseal(database.knex, { encryption_keys: [current, old], batch: 7 });
      expect(result).to.deep.equal({ resealed: 50, current: 1, refused: 0 });
      for (const id of ids) expect((await sessions(current).find(id))?.jti).to.equal(id);
      expect(await sessions(current).findByUid(ids[0] as string)).to.have.property('jti', ids[0]);
    });

    it('leaves alone what is written meanwhile, and what no key opens', async () => {
      const ids = await Promise.all(Array.from({ length: 100 }, () => save(old)));
      await save(randomBytes(32));
      const writing = (async () => {
        for (const id of ids)
          await sessions(current, old).upsert(id, payloadOf('Session', id, { uid: id, accountId: 'newer' }), 60);
      })();
      const { refused } = await reseal(database.knex, { encryption_keys: [current, old], batch: 10 });
      await writing;
      expect(refused).to.equal(1);
      for (const id of ids) expect((await sessions(current).find(id))?.accountId).to.equal('newer');
    });

    it('what a row is found by is keyed: by nobody’s guess, under every key, and as it was before there were keys', async () => {
      const guess = aliasOf('Account', 'uid', 'jane');
      const byLogin = (...keys: Buffer[]) =>
        knexAdapter(database.knex, { encryption_keys: keys })('Account').findByUid('jane');
      const columns = () => database.knex('oidc_payloads').first('alias', 'account');
      const account = { jti: 'account:1', kind: 'Account', uid: 'jane' };
      await knexAdapter(database.knex, { encryption_keys: [old] })('Account').upsert('account:1', account);
      const first = await columns();
      expect(first.alias.toString('hex')).not.to.equal(guess);
      expect(await byLogin(current, old)).to.have.property('jti', 'account:1');
      expect(await byLogin(old)).to.have.property('jti', 'account:1');

      await database.knex('oidc_payloads').update({ alias: Buffer.from(guess, 'hex'), account: null });
      expect(await byLogin(old)).to.have.property('jti', 'account:1');
      const renamed = await reseal(database.knex, { encryption_keys: [old] });
      expect(renamed).to.deep.equal({ resealed: 1, current: 0, refused: 0 });
      expect(await columns()).to.deep.equal(first);

      await reseal(database.knex, { encryption_keys: [current, old] });
      const last = await columns();
      expect([last.alias, last.account]).not.to.deep.include.members([first.alias, first.account]);
      expect(await byLogin(current)).to.have.property('jti', 'account:1');
    });

    it('seals what lies in the clear only when told that it is ours', async () => {
      const id = fresh();
      await knexAdapter(database.knex)('Session').upsert(id, payloadOf('Session', id, { uid: id }), 60);
      expect(await reseal(database.knex, { encryption_keys: [current] })).to.include({ refused: 1 });
      expect(await sessions(current).find(id)).to.equal(undefined);
      expect(await reseal(database.knex, { encryption_keys: [current], clear: true })).to.include({ resealed: 1 });
      expect((await sessions(current).find(id))?.jti).to.equal(id);
    });
  });
}

describe('a row that somebody moved, edited or cut in the database', () => {
  let database: Database;
  before(async () => {
    database = await openedDatabase();
  });
  after(() => database.close());

  it('is absent, counted, and no error', async () => {
    const adapter = knexAdapter(database.knex, { encryption_keys: [randomBytes(32)] });
    const [a, b] = [fresh(), fresh()];
    for (const id of [a, b]) await adapter('Session').upsert(id, payloadOf('Session', id, { uid: `uid of ${id}` }), 60);
    const payload = '(select payload from oidc_payloads order by id limit 1)';
    await database.knex.raw(`update oidc_payloads set payload = ${payload}`);
    const seen = [await adapter('Session').find(a), await adapter('Session').find(b)];
    expect(seen.filter(Boolean)).to.have.length(1);
    await database.knex.raw('update oidc_payloads set payload = substring(payload from 1 for length(payload) - 1)');
    expect([await adapter('Session').find(a), await adapter('Session').findByUid(`uid of ${b}`)]).to.deep.equal([
      undefined,
      undefined,
    ]);
    expect(adapter.store.refused).to.equal(3);
  });

  it('cannot be forged by who has no key, nor learned from: what lies there says nothing and opens nowhere else', async () => {
    const sealedBy = (key: Buffer) => knexAdapter(database.knex, { encryption_keys: [key] });
    const [ours, theirs] = [sealedBy(randomBytes(32)), sealedBy(randomBytes(32))];
    const [id, forged] = [fresh(), fresh()];
    await ours('Grant').upsert(id, payloadOf('Grant', id, { accountId: 'somebody' }), 60);
    await theirs('Grant').upsert(forged, payloadOf('Grant', forged, { accountId: 'anybody' }), 60);
    expect(await ours('Grant').find(id)).to.have.property('accountId', 'somebody');
    expect(await ours('Grant').find(forged)).to.equal(undefined);
    const { rows } = await database.knex.raw(`select encode(payload, 'escape') as bytes from oidc_payloads`);
    for (const { bytes } of rows) expect(bytes).not.to.match(/somebody|Grant/);
  });

  it('can be made unspent, or be put back as it was, by who may write the table: the README says so', async () => {
    const adapter = knexAdapter(database.knex, { encryption_keys: [randomBytes(32)] });
    const [code, token] = [fresh(), fresh()];
    await adapter('AuthorizationCode').upsert(code, payloadOf('AuthorizationCode', code), 60);
    await adapter('RefreshToken').upsert(token, payloadOf('RefreshToken', token), 60);
    await adapter('AuthorizationCode').consume(code);
    await database.knex.raw('create temporary table before as select * from oidc_payloads');
    await adapter('RefreshToken').destroy(token);
    await database.knex.raw('update oidc_payloads set consumed_at = null');
    await adapter('AuthorizationCode').consume(code);
    await database.knex.raw('delete from oidc_payloads');
    await database.knex.raw('insert into oidc_payloads select * from before');
    expect(await adapter('RefreshToken').find(token)).to.have.property('jti', token);
    expect(await readFile('lib/store/README.md', 'utf8'))
      .to.match(/un-spend/)
      .and.not.match(/neither read nor edited/);
  });

  it('is not another session by another alias', async () => {
    const adapter = knexAdapter(database.knex, { encryption_keys: [randomBytes(32)] });
    const [mine, yours] = [fresh(), fresh()];
    for (const id of [mine, yours])
      await adapter('Session').upsert(id, payloadOf('Session', id, { uid: `uid of ${id}` }), 60);
    const row = (id: string) => database.knex('oidc_payloads').where({ id: Buffer.from(rowId('Session', id), 'hex') });
    await row(mine).update({ alias: null });
    await row(yours).update({ alias: Buffer.from(aliasOf('Session', 'uid', `uid of ${mine}`), 'hex') });
    expect(await adapter('Session').findByUid(`uid of ${mine}`)).to.equal(undefined);
    await row(mine).update({ alias: Buffer.from(aliasOf('Session', 'uid', `uid of ${mine}`), 'hex') });
    await row(yours).delete();
    expect(await adapter('Session').findByUid(`uid of ${mine}`)).to.have.property('jti', mine);
  });
});
