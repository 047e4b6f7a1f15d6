import { expect } from 'chai';

import { dpopNonces } from '../../lib/resource/dpop_nonce.ts';

const minute = 60_000;

describe('DPOP-9 a nonce without a store', () => {
  let clock = 1_700_000_000_000;
  const nonces = () => dpopNonces(Buffer.alloc(32, 7), () => clock);
  let given: string;

  beforeEach(() => {
    clock = 1_700_000_000_000;
    given = nonces().current();
  });

  const validAfter = (milliseconds: number) => {
    clock += milliseconds;
    return nonces().valid(given);
  };

  it('is good in every process with the secret', () => expect(nonces().valid(given)).to.equal(true));
  it('is of no other secret', () => expect(dpopNonces(Buffer.alloc(32, 8), () => clock).valid(given)).to.equal(false));
  it('is good for a minute after it was replaced', () => {
    expect(validAfter(minute)).to.equal(true);
    expect(nonces().current()).to.not.equal(given);
  });
  it('goes with time', () => expect(validAfter(4 * minute)).to.equal(false));
  it('may come from a process whose clock is a little ahead', () => expect(validAfter(-minute)).to.equal(true));
  it('may not come from the future', () => expect(validAfter(-2 * minute)).to.equal(false));
  it('needs a secret of 32 bytes', () => expect(() => dpopNonces(Buffer.alloc(16))).to.throw(TypeError));
});
