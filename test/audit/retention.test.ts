import { expect } from 'chai';

import { Audit } from '../../lib/audit/audit.ts';
import { signer } from '../../lib/audit/checkpoint.ts';
import { auditKeys, publicOf } from '../../lib/audit/open.ts';
import { byChain } from '../../lib/audit/read.ts';
import { makePartitions, retire } from '../../lib/audit/retention.ts';
import { verifyTrail } from '../../lib/audit/verify.ts';
import { openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { type KnexAdapterFactory, knexAdapter } from '../../lib/store/adapter.ts';
import { auditTableOf } from '../../lib/store/statements.ts';
import { testDatabase } from '../support/postgres.ts';

const encryption_keys = [Buffer.alloc(32, 7)];
const day = 86_400_000;

describe('Retention of the trail', () => {
  let adapter: KnexAdapterFactory;
  let close: () => Promise<void>;
  const table = () => auditTableOf(adapter.store.table);
  beforeEach(async () => {
    const { url, drop } = await testDatabase();
    const database = await openDatabase({ url });
    await migrate(database.knex);
    adapter = knexAdapter(database.knex, { encryption_keys });
    close = async () => {
      await database.close();
      await drop();
    };
  });
  afterEach(() => close());

  /** Records of one process, in a chain that is signed at its end. */
  async function written(count: number): Promise<void> {
    const { signing, secret } = await auditKeys(adapter);
    const audit = new Audit(adapter.store, { sign: signer(signing), secret });
    for (let number = 0; number < count; number += 1) await audit.write({ event: 'push.accepted', client: 'client' });
    await audit.close();
  }

  async function verified() {
    const { signing } = await auditKeys(adapter);
    return verifyTrail(byChain(adapter.store.knex, table()), {
      keys: new Map([[`${signing.kid}`, publicOf(signing)]]),
    });
  }

  async function middle(): Promise<number> {
    const { rows } = await adapter.store.knex.raw(`select at from ${table()} order by at`);
    return Number(rows[Math.floor(rows.length / 2)].at);
  }

  it('drops what is older, also from the middle of a chain, and the rest verifies', async () => {
    const { signing, secret } = await auditKeys(adapter);
    const audit = new Audit(adapter.store, { sign: signer(signing), secret });
    for (let number = 0; number < 6; number += 1) {
      await audit.write({ event: 'push.accepted' });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await audit.close();
    const { rows } = await retire(adapter, await middle());
    expect(rows).to.be.above(0);
    const after = await verified();
    expect(after.faults).to.deep.equal([]);
    expect(after.rows).to.be.above(3);
    const said = await adapter.store.knex.raw(`select 1 from ${table()} where event = 'audit.retired'`);
    expect(said.rows, 'and says so').to.have.length(1);
  });

  it('does not hide what somebody else dropped', async () => {
    await written(4);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const between = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await written(4);
    await retire(adapter, between);
    await adapter.store.knex.raw(
      `delete from ${table()} where (chain, seq) in (select chain, seq from ${table()} where event = 'push.accepted' order by chain, seq limit 1)`,
    );
    expect((await verified()).faults.map(({ text }) => text).join()).to.match(/missing/);
  });

  it('drops whole partitions, which are made ahead', async () => {
    const now = Date.now();
    expect(await makePartitions(adapter.store, 2)).to.have.length(2);
    expect(await makePartitions(adapter.store, 2), 'made once').to.have.length(0);
    await written(2);
    const { partitions } = await retire(adapter, now + 100 * day);
    expect(partitions).to.be.at.least(1);
    expect((await verified()).faults).to.deep.equal([]);
  });
});
