import { expect } from 'chai';
import type { Knex } from 'knex';

import { fingerprints } from '../../lib/management/fingerprint.ts';
import { type Description, Heartbeat } from '../../lib/management/heartbeat.ts';
import { differences, listNodes } from '../../lib/management/nodes.ts';
import { openedDatabase } from '../support/postgres.ts';

const described: Description = {
  profile: 'fapi2-security-profile',
  configuration: fingerprints({ profile: 'fapi2-security-profile', clients: [{ client_id: 'a' }] }),
  keys: { signing: ['one', 'two'], encryption: ['e'] },
};

describe('The nodes of a fleet', () => {
  let knex: Knex;
  let close: () => Promise<void>;
  const beating: Heartbeat[] = [];

  before(async () => {
    ({ knex, close } = await openedDatabase());
  });
  after(() => close());
  afterEach(async () => {
    for (const heartbeat of beating.splice(0)) await heartbeat.stop();
    await knex('oidc_nodes').delete();
  });

  async function beat(node: string, differs: Partial<Description> = {}): Promise<Heartbeat> {
    const heartbeat = new Heartbeat({
      knex,
      node,
      state: () => 'serving',
    });
    beating.push(heartbeat);
    await heartbeat.start(() => ({ ...described, ...differs }));
    return heartbeat;
  }

  it('each have a row: version, profile, fingerprints, key ids, clock, ends of chains', async () => {
    await beat('a/1/x', { chains: [{ chain: 'c', seq: 7, hash: 'h' }] });
    const [node] = await listNodes(knex);
    expect(node).to.deep.include({ node: 'a/1/x', state: 'serving', profile: 'fapi2-security-profile' });
    expect(node).to.deep.include({ parts: described.configuration, keys: described.keys });
    expect(node?.version).to.match(/^\d+\.\d+\.\d+/);
    expect(node?.clock_offset).to.be.within(-1000, 1000);
    const [{ chains }] = await knex('oidc_nodes').select('chains');
    expect(JSON.parse(chains)).to.deep.equal([{ chain: 'c', seq: 7, hash: 'h' }]);
  });

  it('that are alike have nothing to tell, in whatever order they list their keys', async () => {
    await beat('a/1/x');
    const { differences: found } = await beat('b/1/x', { keys: { signing: ['two', 'one'], encryption: ['e'] } });
    expect(found).to.deep.equal([]);
  });

  it('see what is not the same: profile, clients, keys, each with the nodes on both sides', async () => {
    await beat('a/1/x');
    const configuration = fingerprints({ profile: 'fapi2-message-signing', clients: [{ client_id: 'b' }] });
    const { differences: found } = await beat('b/1/x', {
      configuration,
      keys: { signing: ['one'], encryption: ['e'] },
    });
    expect(found.map(({ part }) => part)).to.deep.equal(['clients', 'keys.signing', 'profile']);
    expect(found[1]?.text).to.equal('keys.signing is not the same on every node: one on b/1/x; one two on a/1/x');
  });

  it('see a clock that is apart, also where it is that of the only node', async () => {
    const heartbeat = await beat('a/1/x');
    const apart = heartbeat.nodes.map((node) => ({ ...node, clock_offset: -9000 }));
    expect(differences(apart)[0]?.text).to.match(/^clock .* -9.0 s from the database's on a\/1\/x$/);
  });

  it('that have stopped, or are lost, are told apart and count no more', async () => {
    const stopped = await beat('a/1/x');
    await stopped.stop();
    const heartbeat = await beat('b/1/x', { profile: 'other', configuration: {} });
    expect(heartbeat.differences).to.deep.equal([]);
    await heartbeat.stop();
    await knex('oidc_nodes')
      .where({ node: 'b/1/x' })
      .update({
        details: JSON.stringify({ state: 'serving' }),
        seen_at: Date.now() - 60_000,
      });
    const states = (await listNodes(knex)).map(({ node, state }) => [node, state]);
    expect(Object.fromEntries(states)).to.deep.equal({ 'a/1/x': 'stopped', 'b/1/x': 'lost' });
  });

  it('tell of a row of another version, or that nobody can read, as one that differs', async () => {
    const heartbeat = await beat('a/1/x');
    await (await beat('b/1/x')).stop();
    const row = knex('oidc_nodes').where({ node: 'b/1/x' });
    for (const [keys, details] of [
      ['{"signing":"one"}', '{"state":"dancing","parts":{"clients":7,"more":{}},"profile":null}'],
      ['[1]', '"text"'],
      ['null', '{'],
      ['not json', null],
    ]) {
      await row.clone().update({ version: '99.0.0', keys, details, seen_at: Date.now() + 5000 });
      const found = await listNodes(knex);
      expect(found.map(({ node, state }) => [node, state])).to.deep.include(['b/1/x', 'serving']);
      expect(differences(found).map(({ part }) => part)).to.include('version');
    }
    await heartbeat.stop();
  });

  it('are forgotten after a month', async () => {
    await (await beat('a/1/x')).stop();
    await knex('oidc_nodes').update({ seen_at: Date.now() - 31 * 86_400_000 });
    await beat('b/1/x');
    expect((await knex('oidc_nodes').select('node')).map(({ node }) => node)).to.deep.equal(['b/1/x']);
  });
});

describe('The fingerprint of a configuration', () => {
  it('is that of what all nodes share, whatever the order of its keys, and not of where a node listens', () => {
    const one = { ttl: { a: 1, b: 2 }, listen: { port: 1 }, mtls: { url: 'https://m', ca: '/one/ca.crt' } };
    const other = { mtls: { url: 'https://m', ca: '/other/ca.crt' }, ttl: { b: 2, a: 1 }, listen: { port: 2 } };
    expect(fingerprints(one)).to.deep.equal(fingerprints(other));
    expect(Object.keys(fingerprints(one))).to.have.members(['ttl', 'mtls']);
    expect(fingerprints({ ...one, ttl: { a: 2, b: 2 } }).ttl).not.to.equal(fingerprints(one).ttl);
  });
});
