import { expect } from 'chai';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

import type { Link } from '../../lib/audit/chain.ts';
import { signer } from '../../lib/audit/checkpoint.ts';
import { asRecord, entryOf, Trail } from '../../lib/audit/trail.ts';
import { verifyTrail } from '../../lib/audit/verify.ts';
import type { AuditRow, Entry } from '../../lib/store/trail.ts';

async function* each(rows: readonly AuditRow[]) {
  yield* rows;
}

const entry = (number: number): Entry => ({ ...entryOf('push.accepted', asRecord({ number })), client: 'client' });

describe('The trail', () => {
  let key: JWK;
  let keys: Map<string, JWK>;
  before(async () => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    key = { ...(await exportJWK(pair.privateKey)), kid: 'one', alg: 'ES256' };
    keys = new Map([['one', { ...(await exportJWK(pair.publicKey)), alg: 'ES256' }]]);
  });

  /** A chain of records with a checkpoint after every five, and one at the end. */
  async function written(count: number): Promise<{ rows: AuditRow[]; ends: Link[] }> {
    const rows: AuditRow[] = [];
    const trail = new Trail({ node: 'node', sign: signer(key), written: (more) => rows.push(...more) });
    for (let number = 1; number <= count; number += 1) {
      trail.append([entry(number)])?.done();
      if (number % 5 === 0) await trail.sign(true, async (appended) => appended.done());
    }
    return { rows, ends: trail.ends };
  }

  const faults = async (rows: readonly AuditRow[], expected: readonly Link[] = []) =>
    (await verifyTrail(each(rows), { keys, expected })).faults.map(({ text }) => text);

  it('verifies as it was written', async () => {
    const { rows, ends } = await written(10);
    const verified = await verifyTrail(each(rows), { keys, expected: ends });
    expect(verified).to.deep.equal({ rows: 13, chains: 1, checkpoints: 2, unsigned: 0, faults: [] });
  });

  it('tells of a row that is missing, wherever it was', async () => {
    const { rows, ends } = await written(10);
    for (const index of rows.keys()) {
      const found = await faults(rows.toSpliced(index, 1), ends);
      expect(found, `row ${index}`).to.have.length.above(0);
      expect(found[0], `row ${index}`).to.match(/missing/);
    }
  });

  it('tells of any column that was edited', async () => {
    const { rows } = await written(10);
    const names: (keyof AuditRow)[] = ['at', 'node', 'event', 'clause', 'flow', 'client', 'account', 'grant_id'];
    for (const name of [...names, 'interaction_id', 'address', 'record', 'hash'] as const) {
      const edited = rows.with(4, { ...(rows[4] as AuditRow), [name]: name === 'at' ? 1 : 'aa' });
      expect(await faults(edited), name).to.include('is not as it was written');
    }
  });

  it('tells of rows that changed places', async () => {
    const { rows } = await written(10);
    const [third, fourth] = [rows[3] as AuditRow, rows[4] as AuditRow];
    const swapped = rows.with(3, { ...fourth, seq: third.seq }).with(4, { ...third, seq: fourth.seq });
    expect(await faults(swapped)).to.have.length.above(1);
  });

  it('tells of a chain that somebody without the server’s key made anew', async () => {
    const { rows } = await written(10);
    const stranger = await generateKeyPair('ES256', { extractable: true });
    const forged: AuditRow[] = [];
    const sign = signer({ ...(await exportJWK(stranger.privateKey)), kid: 'one', alg: 'ES256' });
    const trail = new Trail({ node: 'node', sign, written: (more) => forged.push(...more) });
    for (const row of rows) if (row.event === 'push.accepted') trail.append([entryOf(row.event, null)])?.done();
    await trail.sign(true, async (appended) => appended.done());
    expect(await faults(forged)).to.deep.equal(['has no valid signature']);
  });

  it('begins another chain where nobody knows whether a statement was done, and the new one names the end of the old', async () => {
    const rows: AuditRow[] = [];
    const trail = new Trail({ node: 'node', sign: signer(key), written: (more) => rows.push(...more) });
    trail.append([entry(1)])?.done();
    trail.append([entry(2)])?.failed();
    trail.append([entry(3)])?.done();
    expect(new Set(rows.map(({ chain }) => chain)).size).to.equal(2);
    expect(await faults(rows)).to.deep.equal([]);
    const withoutTheOld = rows.filter(({ chain }) => chain !== rows[0]?.chain);
    expect(await faults(withoutTheOld)).to.deep.equal(['the whole chain is missing']);
  });

  it('appends statements that are under way at the same time to different chains', async () => {
    const rows: AuditRow[] = [];
    const trail = new Trail({ node: 'node', sign: signer(key), written: (more) => rows.push(...more) });
    const [first, second] = [trail.append([entry(1)]), trail.append([entry(2)])];
    second?.done();
    first?.done();
    expect(new Set(rows.map(({ chain }) => chain)).size).to.equal(2);
    expect(await faults(rows.sort((a, b) => (a.chain < b.chain ? -1 : 1)))).to.deep.equal([]);
  });

  it('keeps no more than it has room for, and says how many records it left out', async () => {
    const rows: AuditRow[] = [];
    const trail = new Trail({ node: 'node', sign: signer(key), written: (more) => rows.push(...more) });
    for (let number = 0; number < 5000; number += 1) trail.put(entry(number));
    trail.append()?.done();
    const dropped = rows.find(({ event }) => event === 'audit.dropped');
    expect(JSON.parse(Buffer.from(dropped?.record ?? '', 'hex').toString())).to.deep.equal({ records: 904 });
    expect(rows).to.have.length(4096 + 2);
  });
});
