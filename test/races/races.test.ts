import { expect } from 'chai';
import { coreInUnits, coreOnNaive, coreOnOurs, ours } from '../bench/subjects.ts';
import { Postgres } from '../support/postgres.ts';
import { Arena, fapiThings, type Thing, things } from './races.ts';

const contest = { processes: 2, attempts: 64, contenders: 8, lanes: 2 };

const clauses: Readonly<Record<Thing, string>> = {
  'authorization code': 'FAPI2-SP-FINAL-5.3.2.2-9',
  request_uri: 'PAR-7.3',
  'client assertion': 'RFC7523-3-7',
  'DPoP proof': 'FAPI2-SP-FINAL-6.2',
  'rotated refresh token': 'RFC9700-4.14.2',
};

describe('races between two processes on one database', () => {
  let postgres: Postgres;
  before(async () => {
    postgres = await Postgres.start();
  });
  after(() => postgres.remove());

  for (const [subject, contended] of [
    [ours, fapiThings],
    [coreOnOurs, things],
    [coreInUnits, things],
  ] as const) {
    describe(subject, () => {
      let arena: Arena;
      before(async () => {
        arena = await Arena.open(await postgres.createDatabase(), { subject, ...contest });
      });
      after(() => arena.close());

      for (const thing of contended) {
        it(`${clauses[thing]}: of 8 who spend one ${thing} at the same moment, one succeeds`, async () => {
          expect(await arena.contend(thing)).to.include({ attempts: 64, winners: 8, duplicates: 0, unspent: 0 });
        });
      }
    });
  }

  it('would notice a store that looks before it writes', async () => {
    const arena = await Arena.open(await postgres.createDatabase(), { subject: coreOnNaive, ...contest });
    expect((await arena.contend('authorization code')).duplicates).to.be.greaterThan(0);
    await arena.close();
  });
});
