import { expect } from 'chai';

import { ours } from '../bench/subjects.ts';
import { torture, year } from './torture.ts';
import { kills } from './world.ts';

describe('a server and a Postgres that are killed under load', () => {
  it('lose nothing they acknowledged, let nothing be spent twice, answer no 500, and come back', async () => {
    const ledger = await torture({ subject: ours, kills: 2, customers: 6, pushers: 1 });
    expect(ledger.failed, `${ledger}`).to.equal(false);
    expect(ledger.acts).to.deep.equal({ [kills.server]: 2, [kills.postgres]: 2 });
    for (const { acknowledged } of Object.values(ledger.promises)) expect(acknowledged).to.be.greaterThan(0);
    expect(ledger.replays.tried).to.be.greaterThan(0);
  }).timeout(120_000);
});

describe('two nodes of two workers: a restart, a killed worker, a reload, a stopped Postgres, a purge, and keys that rotate', () => {
  it('lose nothing, let nothing be spent twice, and leave a trail that verifies and tells of everything', async () => {
    const { ledger, records } = await year({ rounds: 1, customers: 4 });
    expect(ledger.failed, `${ledger}`).to.equal(false);
    expect(Object.values(ledger.acts)).to.deep.equal([1, 1, 1, 1, 1]);
    const { push, code, token } = ledger.promises;
    expect(token.acknowledged).to.be.greaterThan(0);
    expect(records['push.accepted']).to.be.at.least(push.acknowledged);
    expect(records['code.issued']).to.be.at.least(code.acknowledged);
    expect(records['tokens.issued']).to.be.at.least(token.acknowledged);
    expect(records['keys.rotated']).to.be.greaterThan(0);
  }).timeout(120_000);
});
