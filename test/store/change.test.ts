import { expect } from 'chai';

import { type Database, openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { type KnexAdapterFactory, knexAdapter } from '../../lib/store/adapter.ts';
import { changeRow } from '../../lib/store/change.ts';
import { testDatabase } from '../support/postgres.ts';

const key = Buffer.alloc(32, 7).toString('base64');

describe('a change of a row', () => {
  let test: Awaited<ReturnType<typeof testDatabase>>;
  let database: Database;
  let adapter: KnexAdapterFactory;
  before(async () => {
    test = await testDatabase();
    database = await openDatabase({ url: test.url });
    await migrate(database.knex);
    adapter = knexAdapter(database.knex, { encryption_keys: [key] });
  });
  after(async () => {
    await database?.close();
    await test?.drop();
  });
  const put = (id: string, extra: object) =>
    adapter('Account').upsert(id, { jti: id, kind: 'Account', extra: { ...extra } }, undefined as never);
  const read = async (id: string) => (await adapter('Account').find(id))?.extra;
  const count = ({ extra, ...payload }: { extra?: { n?: number } }) => ({
    ...payload,
    extra: { n: (extra?.n ?? 0) + 1 },
  });

  it('loses none of several at the same moment', async () => {
    await put('many', { n: 0 });
    const made = await Promise.all([1, 2, 3].map(() => changeRow(adapter.store, 'Account', 'many', count as never)));

    expect(made.every(Boolean)).to.equal(true);
    expect(await read('many')).to.deep.equal({ n: 3 });
  });

  it('brings nothing back that was destroyed meanwhile', async () => {
    await put('gone', { n: 0 });
    let first = true;
    const slow = async () => {
      const store = Object.create(adapter.store, {
        find: {
          value: async (ids: string[]) => {
            const found = await adapter.store.find(ids);
            if (first) await adapter('Account').destroy('gone');
            first = false;
            return found;
          },
        },
      });
      return changeRow(store, 'Account', 'gone', count as never);
    };

    expect(await slow()).to.equal(undefined);
    expect(await read('gone')).to.equal(undefined);
  });

  it('does nothing to a row that is not there', async () => {
    expect(await changeRow(adapter.store, 'Account', 'nobody', count as never)).to.equal(undefined);
  });
});
