import { expect } from 'chai';

import { Batch } from '../../lib/store/batch.ts';
import { StoreUnavailable } from '../../lib/store/unavailable.ts';

/** A trip that ends when it is told to, and what travelled. */
function trips(options: { lanes?: number; size?: number; bound?: number } = {}) {
  const travelled: string[][] = [];
  const ends: { arrive(): void; fail(error: Error): void }[] = [];
  const batch = new Batch<string, string>({
    lanes: 1,
    size: 4,
    bound: 8,
    ...options,
    keyOf: (item) => item,
    isOwnFault: (error) => (error as Error).message === 'own fault',
    run(items) {
      travelled.push(items);
      return new Promise((resolve, reject) => {
        ends.push({ arrive: () => resolve(new Map(items.map((item) => [item, `got ${item}`]))), fail: reject });
      });
    },
  });
  const turn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
  return { batch, travelled, ends, turn };
}

describe('shared round trips', () => {
  it('what arrives while a statement is under way leaves together with the next one', async () => {
    const { batch, travelled, ends, turn } = trips();
    const first = batch.submit(['a']);
    await turn();
    const later = [batch.submit(['b']), batch.submit(['c', 'd'])];
    await turn();
    expect(travelled).to.deep.equal([['a']]);
    ends[0]?.arrive();
    expect(await first).to.deep.equal(['got a']);
    await turn();
    expect(travelled[1]).to.deep.equal(['b', 'c', 'd']);
    ends[1]?.arrive();
    expect(await Promise.all(later)).to.deep.equal([['got b'], ['got c', 'got d']]);
  });

  it('what one request asks for is never torn apart, and no statement holds a key twice', async () => {
    const { batch, travelled, ends, turn } = trips();
    for (const items of [['a', 'b', 'c'], ['d', 'e'], ['a'], ['f']]) batch.submit(items);
    await turn();
    ends[0]?.arrive();
    await turn();
    expect(travelled).to.deep.equal([
      ['a', 'b', 'c', 'f'],
      ['d', 'e', 'a'],
    ]);
  });

  it('as many statements are under way as there are lanes, none of them empty', async () => {
    const { batch, travelled, ends, turn } = trips({ lanes: 2, size: 1 });
    for (const item of ['a', 'b', 'c']) batch.submit([item]);
    expect(batch.length).to.equal(3);
    await turn();
    expect(travelled).to.deep.equal([['a'], ['b']]);
    expect(batch.length).to.equal(1);
    ends[0]?.arrive();
    await turn();
    expect(travelled).to.deep.equal([['a'], ['b'], ['c']]);
    ends[1]?.arrive();
    ends[2]?.arrive();
    await turn();
    expect(travelled).to.have.length(3);
  });

  it('a request larger than a statement travels alone, and one that shares a key with another waits for it', async () => {
    const { batch, travelled, ends, turn } = trips();
    for (const items of [['a', 'b', 'c', 'd', 'e'], ['f'], ['f', 'g']]) batch.submit(items);
    await turn();
    ends[0]?.arrive();
    await turn();
    ends[1]?.arrive();
    await turn();
    expect(travelled).to.deep.equal([['a', 'b', 'c', 'd', 'e'], ['f'], ['f', 'g']]);
  });

  it('a bad one fails alone', async () => {
    const { batch, ends, turn } = trips();
    const [good, bad] = [batch.submit(['good']), batch.submit(['bad'])];
    const settled = Promise.allSettled([good, bad]);
    await turn();
    ends[0]?.fail(new Error('own fault'));
    await turn();
    ends[1]?.arrive();
    await turn();
    ends[2]?.fail(new Error('own fault'));
    expect((await settled).map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected']);
  });

  it('beyond what may wait, requests are refused with 503 at once, and again accepted when there is room', async () => {
    const { batch, ends, turn } = trips({ bound: 2 });
    const under = [batch.submit(['a'])];
    await turn();
    under.push(batch.submit(['b']), batch.submit(['c']));
    const refused = await batch.submit(['d']).catch((error) => error);
    expect(refused).to.be.instanceOf(StoreUnavailable);
    expect([refused.status, refused.error, refused.headers]).to.deep.equal([
      503,
      'temporarily_unavailable',
      { 'retry-after': '1' },
    ]);
    ends[0]?.arrive();
    await turn();
    under.push(batch.submit(['e']));
    ends[1]?.arrive();
    await turn();
    ends[2]?.arrive();
    expect(await Promise.all(under)).to.have.length(4);
  });

  it('who waits behind a failure fails with it', async () => {
    const { batch, travelled, ends, turn } = trips();
    const under = batch.submit(['a']).catch(({ message }) => message);
    await turn();
    const waiting = batch.submit(['b']).catch(({ message }) => message);
    ends[0]?.fail(new Error('away'));
    expect(await Promise.all([under, waiting])).to.deep.equal(['away', 'away']);
    expect(travelled).to.have.length(1);
  });

  it('as many may wait after a failure as before: nobody who failed is still counted', async () => {
    const { batch, ends, turn } = trips({ bound: 2 });
    for (let failures = 0; failures < 3; failures += 1) {
      const failing = [batch.submit(['a'])];
      await turn();
      failing.push(batch.submit(['b']), batch.submit(['c']));
      ends[failures]?.fail(new Error('away'));
      expect((await Promise.allSettled(failing)).map(({ status }) => status)).to.deep.equal(Array(3).fill('rejected'));
      await turn();
    }
    const under = [batch.submit(['d'])];
    await turn();
    under.push(batch.submit(['e']), batch.submit(['f']));
    const beyond = await batch.submit(['g']).catch((error) => error);
    expect(beyond).to.be.instanceOf(StoreUnavailable);
    ends[3]?.arrive();
    await turn();
    ends[4]?.arrive();
    expect(await Promise.all(under)).to.deep.equal([['got d'], ['got e'], ['got f']]);
  });

  it('one row’s own fault leaves the others waiting, and counted', async () => {
    const { batch, ends, turn } = trips({ bound: 1 });
    const bad = batch.submit(['bad']).catch(({ message }) => message);
    await turn();
    const waiting = batch.submit(['b']);
    expect(await batch.submit(['c']).catch((error) => error)).to.be.instanceOf(StoreUnavailable);
    ends[0]?.fail(new Error('own fault'));
    expect(await bad).to.equal('own fault');
    expect(batch.length).to.equal(1);
    const beyond = await batch.submit(['d']).catch((error) => error);
    expect(beyond).to.be.instanceOf(StoreUnavailable);
    await turn();
    ends[1]?.arrive();
    expect(await waiting).to.deep.equal(['got b']);
  });
});
