import { expect } from 'chai';
import type { AdapterPayload } from 'oidc-provider';

import { fresh } from '../../lib/contract/requirement.ts';
import { type Database, openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { seconds } from '../../lib/seconds.ts';
import { type KnexAdapterFactory, knexAdapter } from '../../lib/store/adapter.ts';
import { type Holder, held, revoke } from '../../lib/store/held.ts';
import { testDatabase } from '../support/postgres.ts';
import { encryption_keys } from './stores.ts';

for (const kind of ['PGlite', 'Postgres']) {
  describe(`what somebody holds, on ${kind}`, () => {
    let test: Awaited<ReturnType<typeof testDatabase>> | undefined;
    let database: Database;
    let adapter: KnexAdapterFactory;

    before(async () => {
      if (kind === 'Postgres') test = await testDatabase();
      database = await openDatabase({ url: test?.url ?? 'pglite:' });
      await migrate(database.knex);
      adapter = knexAdapter(database.knex, { encryption_keys });
    });
    beforeEach(() => database.knex('oidc_payloads').delete());
    after(async () => {
      await database.close();
      await test?.drop();
    });

    const save = async (model: string, payload: AdapterPayload) => {
      const jti = fresh();
      await adapter(model).upsert(jti, { kind: model, jti, ...payload }, 600);
      return jti;
    };

    /** A login, a grant to a client, and the tokens of it. */
    async function flow(accountId: string, clientId: string, iat = seconds()) {
      const uid = fresh();
      const session = await save('Session', { accountId, uid, loginTs: iat });
      const grantId = await save('Grant', { accountId, clientId, iat });
      const token = { accountId, clientId, grantId, iat };
      const tokens = [await save('AccessToken', token), await save('RefreshToken', token)];
      const there = async () => ({
        session: (await adapter('Session').findByUid(uid))?.jti === session,
        grant: (await adapter('Grant').find(grantId)) !== undefined,
        tokens: (await adapter('AccessToken').find(tokens[0] as string)) !== undefined,
      });
      return { grantId, there };
    }

    const revoked = (holder: Holder, options?: { keepSessions: boolean }) => revoke(adapter.store, holder, options);
    const gone = { session: false, grant: false, tokens: false };
    const all = { session: true, grant: true, tokens: true };

    it('is listed by account, by client, by time, and by nobody else’s name', async () => {
      const old = await flow('jane', 'shop', seconds() - 3600);
      const young = await flow('jane', 'bank');
      const joe = await flow('joe', 'bank');
      const listed = async (holder: Holder) => {
        const found: unknown[] = [];
        for await (const page of held(adapter.store, 'Grant', holder)) found.push(...page.map(({ jti }) => jti));
        return found.sort();
      };
      const ids = (...flows: { grantId: string }[]) => flows.map(({ grantId }) => grantId).sort();
      expect(await listed({ account: 'jane' })).to.deep.equal(ids(old, young));
      expect(await listed({ client: 'bank' })).to.deep.equal(ids(young, joe));
      expect(await listed({ account: 'jane', client: 'bank' })).to.deep.equal(ids(young));
      expect(await listed({ before: seconds() - 60 })).to.deep.equal(ids(old));
      expect(await listed({ all: true })).to.deep.equal(ids(old, young, joe));
      expect(await listed({ account: 'jan' })).to.deep.equal([]);
    });

    it('of a person is revoked: grants, tokens, sessions; nobody else notices', async () => {
      const [shop, bank, joe] = [await flow('jane', 'shop'), await flow('jane', 'bank'), await flow('joe', 'bank')];
      expect(await revoked({ account: 'jane' })).to.deep.equal({ grants: 2, sessions: 2, tokens: 4 });
      for (const { there } of [shop, bank]) expect(await there()).to.deep.equal(gone);
      expect(await joe.there()).to.deep.equal(all);
      expect(await revoked({ account: 'jane' })).to.deep.equal({ grants: 0, sessions: 0, tokens: 0 });
    });

    it('of a person is revoked but for the sessions, when they are kept', async () => {
      const { there } = await flow('jane', 'shop');
      expect(await revoked({ account: 'jane' }, { keepSessions: true })).to.include({ grants: 1, sessions: 0 });
      expect(await there()).to.deep.equal({ ...gone, session: true });
    });

    it('of a client is revoked, also what it holds on its own account; people stay logged in', async () => {
      const [shop, bank] = [await flow('jane', 'shop'), await flow('jane', 'bank')];
      const own = await save('ClientCredentials', { clientId: 'shop', iat: seconds() });
      expect(await revoked({ client: 'shop' })).to.deep.equal({ grants: 1, sessions: 0, tokens: 3 });
      expect(await shop.there()).to.deep.equal({ ...gone, session: true });
      expect(await bank.there()).to.deep.equal(all);
      expect(await adapter('ClientCredentials').find(own)).to.equal(undefined);
    });

    it('from before a restore is revoked, what was made after it is not', async () => {
      const old = await flow('jane', 'shop', seconds() - 3600);
      const young = await flow('jane', 'shop');
      expect(await revoked({ before: seconds() - 60 })).to.deep.equal({ grants: 1, sessions: 1, tokens: 2 });
      expect([await old.there(), await young.there()]).to.deep.equal([gone, all]);
    });

    it('is revoked for everybody when it is said, and never because nobody was named', async () => {
      const { there } = await flow('jane', 'shop');
      for (const wrong of [{}, { before: seconds() + 60 }, { before: Number.NaN }, { account: undefined }]) {
        expect(await revoked(wrong).catch((error) => error)).to.be.instanceOf(TypeError);
      }
      expect(await there()).to.deep.equal(all);
      expect(await revoked({ all: true })).to.deep.equal({ grants: 1, sessions: 1, tokens: 2 });
      expect(await there()).to.deep.equal(gone);
      // A time of this very second has passed.
      for (const _ of [1, 2, 3]) expect(await revoked({ before: Date.now() / 1000 })).to.include({ grants: 0 });
    });

    for (const how of ['unread', 'looked at']) {
      it(`is more than one page, ${how}`, async () => {
        const holder = { account: 'jane', ...(how === 'looked at' && { before: seconds() }) };
        const grant = { accountId: 'jane', clientId: 'shop', iat: seconds() - 60 };
        await Promise.all(Array.from({ length: 1200 }, () => save('Grant', grant)));
        expect(await revoked(holder)).to.include({ grants: 1200 });
      }).timeout(30_000);
    }
  });
}
