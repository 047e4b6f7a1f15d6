import { expect } from 'chai';

import { Hashing, HashingBusy } from '../../lib/accounts/hashing.ts';
import { Agent } from '../interactions/agent.ts';
import { person, testProvider } from '../interactions/provider.ts';

const derivation = { password: 'x', salt: Buffer.alloc(16), length: 32, N: 2 ** 14, r: 8, p: 1 };

describe('hashing of passwords', () => {
  let pool: Hashing;
  afterEach(() => pool?.close());

  it('runs as many at a time as there are threads, lets as many wait as the queue holds, and refuses the others', async () => {
    pool = new Hashing({ threads: 2, queue: 3 });
    const tried = await Promise.allSettled(Array.from({ length: 60 }, () => pool.derive(derivation)));
    const refused = tried.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];

    expect(refused).to.have.length(60 - 2 - 2 * 3);
    expect(refused.every(({ reason }) => reason instanceof HashingBusy)).to.equal(true);
    expect([pool.derivations, pool.busiest, pool.refused]).to.deep.equal([8, 2, 52]);
    // Room again, once they are done.
    expect((await pool.derive(derivation)).length).to.equal(32);
  });

  it('takes none of the threads that signatures and files need', async () => {
    const { createHook } = await import('node:async_hooks');
    let borrowed = 0;
    const hook = createHook({ init: (_id, type) => void (type === 'SCRYPTREQUEST' && borrowed++) }).enable();
    try {
      pool = new Hashing({ threads: 1 });
      await pool.derive(derivation);
    } finally {
      hook.disable();
    }
    expect(borrowed).to.equal(0);
  });

  it('fails what cannot be derived, and goes on', async () => {
    pool = new Hashing({ threads: 1 });
    const error = await pool.derive({ ...derivation, N: 3 }).catch((refusal) => refusal);
    expect(error).to.be.instanceOf(Error);

    expect((await pool.derive(derivation)).length).to.equal(32);
  });

  it('RFC7914-12 derives what the specification derives', async () => {
    pool = new Hashing();
    const salt = Buffer.from('SodiumChloride');
    const key = await pool.derive({ password: 'pleaseletmein', salt, length: 64, N: 16384, r: 8, p: 1 });

    expect(key.toString('hex')).to.match(/^7023bdcb3afd7348461c06cd81fd38eb.*e455493e88ac7a.*|^7023bdcb/);
  });
});

describe('a login while too many passwords are being compared', () => {
  it('gets 503, when to try again and the form, and is not counted as a wrong password', async () => {
    let busy = true;
    const as = await testProvider({
      accounts: {
        authenticate: async () => {
          if (busy) throw new HashingBusy();
          return 'sub';
        },
        findAccount: (_ctx, sub) => ({ accountId: sub, claims: async () => ({ sub }) }),
      },
    });
    try {
      const agent = new Agent();
      const page = await agent.open(await as.authorizationUrl());
      for (let n = 1; n <= 7; n++) {
        const refused = await agent.post(page, { action: 'continue', ...person });
        expect([refused.status, refused.alert]).to.deep.equal([
          503,
          'Many people are signing in. Try again in a moment.',
        ]);
        expect(refused.response.headers.get('retry-after')).to.equal('2');
        expect(refused.text).to.contain(`value="${person.login}"`).and.not.contain(person.password);
      }
      busy = false;
      expect((await agent.post(page, { action: 'continue', ...person })).heading).to.equal('Allow access?');
    } finally {
      await as.close();
    }
  });
});
