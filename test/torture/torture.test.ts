import { expect } from 'chai';

import { ours } from '../bench/subjects.ts';
import { torture } from './torture.ts';

describe('a server and a Postgres that are killed under load', () => {
  it('lose nothing they acknowledged, let nothing be spent twice, answer no 500, and come back', async () => {
    const ledger = await torture({ subject: ours, kills: 2, customers: 6, pushers: 2 });
    expect(ledger.failed, `${ledger}`).to.equal(false);
    expect(ledger.kills).to.deep.equal({ server: 2, postgres: 2 });
    for (const { acknowledged } of Object.values(ledger.promises)) expect(acknowledged).to.be.greaterThan(0);
    expect(ledger.replays.tried).to.be.greaterThan(0);
  }).timeout(120_000);
});
