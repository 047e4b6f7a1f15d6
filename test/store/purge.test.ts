import { expect } from 'chai';
import { fresh, payloadOf } from '../../lib/contract/requirement.ts';
import { type Database, openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { seconds } from '../../lib/seconds.ts';
import { knexAdapter } from '../../lib/store/adapter.ts';
import { type Purged, purge, startPurge } from '../../lib/store/purge.ts';
import { testDatabase } from '../support/postgres.ts';
import { encryption_keys } from './stores.ts';

for (const kind of ['PGlite', 'Postgres']) {
  describe(`purge on ${kind}`, () => {
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

    const adapter = (retention?: Record<string, number>) => knexAdapter(database.knex, { encryption_keys, retention });
    const count = async () => Number((await database.knex('oidc_payloads').count({ rows: '*' }))[0]?.rows);
    const save = (model: string, expiresIn: number | undefined, retention?: Record<string, number>) => {
      const id = fresh();
      return adapter(retention)(model).upsert(id, payloadOf(model, id), expiresIn);
    };
    const expire = (where: Record<string, unknown> = {}) =>
      database
        .knex('oidc_payloads')
        .where(where)
        .update({ expires_at: seconds() - 1 });

    it('removes what has expired and been kept long enough, and says how much of what', async () => {
      await Promise.all([
        save('AccessToken', 60),
        save('AccessToken', 60),
        save('Session', 60),
        save('Client', undefined),
      ]);
      await expire({ model: 'AccessToken' });
      expect(await purge(database.knex)).to.deep.equal({ AccessToken: 2 });
      expect(await count()).to.equal(2);
    });

    it('FAPI2-SP-FINAL-5.3.2.2-3 a pushed request outlives the interaction, and clocks that differ', async () => {
      await save('PushedAuthorizationRequest', 60, { PushedAuthorizationRequest: 600 });
      await save('ReplayDetection', 60);
      const rows = await database.knex('oidc_payloads').select('model', 'expires_at');
      const kept = new Map(rows.map(({ model, expires_at }) => [model, Number(expires_at) - seconds()]));
      expect(kept.get('PushedAuthorizationRequest')).to.be.within(745, 755);
      expect(kept.get('ReplayDetection')).to.be.within(145, 155);
    });

    it('goes on in small batches until nothing is left', async () => {
      await Promise.all(Array.from({ length: 250 }, () => save('ReplayDetection', 60)));
      await expire();
      expect(await purge(database.knex, { batch: 20 })).to.deep.equal({ ReplayDetection: 250 });
      expect(await count()).to.equal(0);
    });

    it('by several nodes at once removes each row once, and stops when told to', async () => {
      await Promise.all(Array.from({ length: 100 }, () => save('ReplayDetection', 60)));
      await expire();
      const nodes = await Promise.all(Array.from({ length: 4 }, () => purge(database.knex, { batch: 10 })));
      expect(nodes.reduce((sum, { ReplayDetection = 0 }) => sum + ReplayDetection, 0)).to.equal(100);
      await save('ReplayDetection', 60);
      await expire();
      expect(await purge(database.knex, { signal: AbortSignal.abort() })).to.deep.equal({});
    });

    it('in the background comes by again and again, and stops', async () => {
      await save('ReplayDetection', 60);
      await expire();
      const stop = await new Promise<() => Promise<void>>((resolve) => {
        const stop = startPurge(database.knex, {
          interval: 0.02,
          onPurged: (purged: Purged) => purged.ReplayDetection && resolve(stop),
        });
      });
      await stop();
      await save('ReplayDetection', 60);
      await expire();
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect(await count()).to.equal(1);
    });
  });
}
