import { generateKeyPairSync } from 'node:crypto';

import { expect } from 'chai';

import { Acts } from '../../lib/administration/acts.ts';
import { openAudit } from '../../lib/audit/open.ts';
import { byTime, told } from '../../lib/audit/read.ts';
import type { Config } from '../../lib/config/load.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { UsageError } from '../../lib/errors.ts';
import { Resources } from '../../lib/resources.ts';
import { openConfiguredStore } from '../../lib/server/configured_store.ts';
import { KeyDesk } from '../../lib/server/key_desk.ts';
import type { KnexAdapterFactory } from '../../lib/store/adapter.ts';
import { RingRow } from '../../lib/store/ring_row.ts';
import { auditTableOf } from '../../lib/store/statements.ts';
import { Reloadable } from '../support/reloadable.ts';

const pem = (type: 'rsa' | 'ec' | 'ed25519', options: object) =>
  generateKeyPairSync(type as 'rsa', options as { modulusLength: number }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string;

describe('keys', () => {
  const resources = new Resources();
  let files: Reloadable;
  let config: Config;
  let adapter: KnexAdapterFactory;
  let desk: KeyDesk;
  before(async () => {
    files = await Reloadable.write({ keys: { max_age: 600 } });
    config = await loadConfig(files.file);
    ({ adapter } = await openConfiguredStore(config, resources));
    const audit = await openAudit(adapter, config.audit);
    if (audit) resources.add(audit, () => audit.close());
    desk = new KeyDesk(config, new Acts(adapter, audit, 'test'), adapter);
  });
  after(async () => {
    await resources.close();
    await files.close();
  });

  const ring = () => new RingRow(adapter).read();
  const refusals = async () => {
    const { store } = adapter;
    const found: string[] = [];
    for await (const row of byTime(store.knex, auditTableOf(store.table), { event: 'admin.refused' }))
      found.push(JSON.stringify(told(row, new Map()).details));
    return found;
  };
  /** Refused in one line; nothing has changed, and the trail has a record. */
  async function refused(act: () => Promise<unknown>, text: RegExp): Promise<void> {
    const [before, records] = [await ring(), (await refusals()).length];
    const error = await act().then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).to.be.instanceOf(UsageError);
    expect(error.message).to.match(text).and.not.contain('\n');
    expect(await ring()).to.deep.equal(before);
    const told = await refusals();
    expect(told.length).to.equal(records + 1);
    expect(told.at(-1)).to.match(text);
  }

  it('are one active key each at first', async () => {
    expect((await desk.list()).map(({ purpose, status }) => `${purpose} ${status}`)).to.deep.equal([
      'ES256 active',
      'PS256 active',
      'EdDSA active',
      'cookies active',
      'nonces active',
    ]);
  });

  it('the last one that signs is not retired', async () => {
    const [active] = await desk.list();
    await refused(() => desk.retire(`${active?.kid}`), /only one that can sign for ES256 now: run `keys rotate`/);
  });

  it('one that clients do not know yet is not promoted, and does not stand in for another', async () => {
    const [active] = await desk.list();
    const kid = await desk.add('ES256');
    await refused(() => desk.promote(kid), /not known to everyone before \d{4}-/);
    await refused(() => desk.retire(`${active?.kid}`), /only one that can sign/);
    expect(await desk.retire(kid)).to.match(/was not used yet/);
  });

  const weak: Readonly<Record<string, [key: () => string, text: RegExp]>> = {
    'an RSA key of 1024 bits': [() => pem('rsa', { modulusLength: 1024 }), /1024 bits; use at least 2048/],
    'a key of P-384': [() => pem('ec', { namedCurve: 'P-384' }), /for none of ES256, PS256, EdDSA/],
    'a key of P-192': [() => pem('ec', { namedCurve: 'prime192v1' }), /for none of|no private key|use at least 224/],
    'a public key': [
      () =>
        generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }) as string,
      /is no private key/,
    ],
    'what is no key': [() => 'hello', /is no private key/],
  };
  for (const [what, [key, text]] of Object.entries(weak)) {
    it(`${what} is not added`, () => refused(() => desk.add(undefined, key()), text));
  }

  it('of the deployment’s own are added once', async () => {
    const own = pem('rsa', { modulusLength: 2048 });
    const kid = await desk.add(undefined, own);
    expect((await desk.list()).find((key) => key.kid === kid)).to.include({ purpose: 'PS256', status: 'next' });
    await refused(() => desk.add(undefined, own), /is there already/);
  });

  it('an unknown one is neither promoted nor retired', async () => {
    await refused(() => desk.promote('x'), /no key x/);
    await refused(() => desk.retire('x'), /no key x/);
    await refused(() => desk.retire(''), /no key :/);
  });

  it('is known by the beginning of its kid, which is what a table has room for', async () => {
    const kid = await desk.add('ES256');
    expect(await desk.retire(`${kid.slice(0, 26)}…`)).to.match(/was not used yet/);
    const kids = (await desk.list()).map((key) => key.kid);
    const [shared = ''] = kids.map((one) => one.slice(0, 1)).filter((first, index, all) => all.indexOf(first) < index);
    if (shared) await refused(() => desk.retire(shared), /several keys begin with/);
  });

  it('of two operators at once, one wins and the other is told', async () => {
    const both = await Promise.allSettled([
      desk.add('EdDSA'),
      new KeyDesk(config, new Acts(adapter, undefined, 'other'), adapter).add('EdDSA'),
    ]);
    expect(both.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected']);
    const [lost] = both.flatMap((one) => (one.status === 'rejected' ? [`${one.reason.message}`] : []));
    expect(lost).to.match(/somebody else has changed the keys/);
    expect(
      (await desk.list()).filter(({ purpose, status }) => purpose === 'EdDSA' && status === 'next'),
    ).to.have.length(1);
  });

  it('are rotated as soon as the next ones have been published long enough; the old ones stay for what they signed', async () => {
    const times = await desk.rotate();
    expect(times.ES256).to.be.greaterThan(Date.now() + 500_000);
    expect(times.cookies).to.be.lessThan(Date.now() + 10_000);
    // Ten minutes later.
    const row = new RingRow(adapter);
    const earlier = <T extends { made_at: number }>(key: T) => ({
      ...key,
      made_at: key.made_at - 700_000,
      active_at: undefined,
    });
    const now = await row.read();
    await row.replace({ ...now, keys: now.keys.map(earlier) }, adapter.store);
    await desk.rotate();
    const es256 = (await desk.list()).filter(({ purpose }) => purpose === 'ES256');
    expect(es256.map(({ status }) => status)).to.deep.equal(['retired', 'active', 'next']);
    expect(es256[0]?.gone_at).to.be.greaterThan(Date.now() + 86_000_000);
    await refused(() => desk.retire(`${es256[0]?.kid}`), /is retired and goes at/);
    expect(await desk.retire(`${es256[0]?.kid}`, { now: true })).to.match(/is gone/);
  });
});
