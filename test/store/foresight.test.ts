import { expect } from 'chai';

import { adapterContract } from '../../lib/contract/contract.ts';
import { type Database, openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { knexAdapter } from '../../lib/store/adapter.ts';
import { blind, type Foresight } from '../../lib/store/foresight.ts';
import { rowId } from '../../lib/store/row.ts';
import { unitOfWork } from '../../lib/store/unit_of_work.ts';
import { coreWithoutForesight } from '../bench/subjects.ts';
import { Arena, things } from '../races/races.ts';
import { Postgres, testDatabase } from '../support/postgres.ts';
import { loginAndConsent, startCore } from './core.ts';
import { encryption_keys, onPostgres } from './stores.ts';

adapterContract({
  name: 'knexAdapter() without foresight',
  open: () => onPostgres({ foresight: () => blind }),
});

describe('races without foresight', () => {
  let postgres: Postgres;
  let arena: Arena;
  before(async () => {
    postgres = await Postgres.start();
    const contest = { subject: coreWithoutForesight, processes: 2, attempts: 32, contenders: 8, lanes: 2 } as const;
    arena = await Arena.open(await postgres.createDatabase(), contest);
  });
  after(async () => {
    await arena.close();
    await postgres.remove();
  });

  for (const thing of things) {
    it(`of 8 who spend one ${thing} at the same moment, one succeeds`, async () => {
      expect(await arena.contend(thing)).to.include({ attempts: 32, winners: 4, duplicates: 0, unspent: 0 });
    });
  }
});

/** Expects what is not so, and names rows that are others'. */
function wrong(): Foresight {
  const learned: string[] = [];
  return {
    learn(_model, id) {
      learned.push(id);
      return { hint: rowId('Session', 'of somebody else'), isFollowed: true };
    },
    guess: (wanted) => ('alias' in wanted ? learned.slice(0, 1) : [rowId('Grant', 'of nobody'), ...learned]),
  };
}

describe('a flow', () => {
  let test: Awaited<ReturnType<typeof testDatabase>>;
  let database: Database;
  before(async () => {
    test = await testDatabase();
    database = await openDatabase({ url: test.url });
    await migrate(database.knex);
  });
  after(async () => {
    await database.close();
    await test.drop();
  });

  /** Round trips of a flow, of a second one in the same browser, and of the refusal of its code used again. */
  async function roundTrips(foresight?: () => Foresight): Promise<number[]> {
    const adapter = knexAdapter(database.knex, { encryption_keys, ...(foresight && { foresight }) });
    const core = await startCore(adapter, unitOfWork, loginAndConsent);
    const agent = await core.agent();
    const counted: number[] = [];
    const count = async (work: () => Promise<unknown>) => {
      const before = adapter.store.roundTrips;
      await work();
      counted.push(adapter.store.roundTrips - before);
    };
    let tokens = await agent.flow();
    await count(async () => {
      tokens = await agent.flow();
    });
    await count(async () => {
      const again = await agent.token(`${agent.client.tokenBody()}&code=${tokens.code}`);
      expect([again.status, JSON.parse(again.body).error]).to.deep.equal([400, 'invalid_grant']);
    });
    expect(await core.provider.RefreshToken.find(tokens.refresh_token)).to.equal(undefined);
    await core.close();
    return counted;
  }

  it('comes to the same with foresight, without it and with a wrong one; only round trips differ', async () => {
    const [seeing, unseeing, mistaken] = [await roundTrips(), await roundTrips(() => blind), await roundTrips(wrong)];
    expect(seeing[0]).to.be.below(unseeing[0] as number);
    expect(mistaken).to.have.length(2);
  });
});
