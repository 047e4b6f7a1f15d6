import { expect } from 'chai';

import { PostgresServer } from '../bench/postgres.ts';
import { coreOnNaive, coreOnOurs } from '../bench/subjects.ts';
import { contend, kinds } from './races.ts';

const contest = { processes: 2, attempts: 64, contenders: 8, lanes: 2 };

const clauses: Readonly<Record<string, string>> = {
  'authorization code': 'FAPI2-SP-FINAL-5.3.2.1-10',
  request_uri: 'FAPI2-SP-FINAL-5.3.2.2-3',
  'client assertion': 'RFC7523-3',
  'DPoP proof': 'DPOP-11.1',
  'rotated refresh token': 'RFC9700-4.14',
};

describe('races between two processes on one database', () => {
  let postgres: PostgresServer;
  before(async () => {
    postgres = await PostgresServer.create();
  });
  after(() => postgres.remove());

  for (const what of Object.keys(kinds)) {
    it(`${clauses[what]}: of 8 who spend one ${what} at the same moment, one succeeds`, async () => {
      const tally = await contend(what, await postgres.createDatabase(), { subject: coreOnOurs, ...contest });
      expect(tally).to.include({ duplicates: 0, unspent: 0, winners: 8, attempts: 64 });
    });
  }

  it('would notice a store that looks before it writes', async () => {
    const database = await postgres.createDatabase();
    const tally = await contend('authorization code', database, { subject: coreOnNaive, ...contest });
    expect(tally.duplicates).to.be.greaterThan(0);
  });
});
