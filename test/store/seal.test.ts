import crypto, { createCipheriv, hash, randomBytes } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

import { expect } from 'chai';

import { rowId } from '../../lib/store/row.ts';
import { Seal } from '../../lib/store/seal.ts';

const id = (name: string) => Buffer.from(rowId('AccessToken', name), 'hex');

describe('a sealed row', () => {
  const [first, second] = [randomBytes(32).toString('base64'), randomBytes(32).toString('hex')];
  const seal = new Seal([first, second]);

  it('opens under its own id, and says nothing of what is in it', () => {
    const sealed = seal.seal('{"accountId":"somebody"}', id('a'));
    expect(seal.open(sealed, id('a'))).to.equal('{"accountId":"somebody"}');
    expect(sealed.toString('latin1')).not.to.contain('somebody');
  });

  it('moved to another place, edited anywhere, cut anywhere: does not open', () => {
    const sealed = seal.seal('{"accountId":"somebody"}', id('a'));
    expect(seal.open(sealed, id('b'))).to.equal(undefined);
    for (let at = 0; at < sealed.length; at += 1) {
      const edited = Buffer.from(sealed);
      edited[at] = (edited[at] ?? 0) ^ 1;
      expect(seal.open(edited, id('a')), `byte ${at} edited`).to.equal(undefined);
      expect(seal.open(sealed.subarray(0, at), id('a')), `cut to ${at} bytes`).to.equal(undefined);
    }
  });

  it('the first key seals, all keys open, a key taken off the list opens nothing', () => {
    const sealed = new Seal([second]).seal('old', id('a'));
    expect(seal.open(sealed, id('a'))).to.equal('old');
    expect(seal.current(sealed)).to.equal(false);
    expect(seal.current(seal.seal('new', id('a')))).to.equal(true);
    expect(new Seal([first]).open(sealed, id('a'))).to.equal(undefined);
  });

  it('in the clear is forged where there is a key', () => {
    const clear = new Seal().seal('{}', id('a'));
    expect(new Seal().open(clear, id('a'))).to.equal('{}');
    expect(seal.open(clear, id('a'))).to.equal(undefined);
  });

  it('no nonce comes twice, in one process or after a start', () => {
    const seals = [seal, new Seal([first, second])];
    const nonces = seals.flatMap((each) =>
      Array.from({ length: 5000 }, () => each.seal('', id('a')).subarray(4, 28).toString('hex')),
    );
    expect(new Set(nonces).size).to.equal(nonces.length);
  });

  it('no nonce comes twice where a machine is resumed twice from one image, and draws the same random bytes', () => {
    const { randomFillSync } = crypto;
    const drawn = (bytes: Buffer) => bytes.fill(7);
    try {
      crypto.randomFillSync = drawn as typeof randomFillSync;
      syncBuiltinESMExports();
      const [once, twice] = [new Seal([first]), new Seal([first])];
      const sealed = [
        once.seal('a', id('a')),
        twice.seal('b', id('a')),
        once.seal('c', id('b')),
        twice.seal('c', id('c')),
      ];
      expect(new Set(sealed.map((each) => each.subarray(4, 28).toString('hex'))).size).to.equal(4);
      expect(once.seal('d', id('a'))).to.deep.equal(twice.seal('d', id('a')));
    } finally {
      crypto.randomFillSync = randomFillSync;
      syncBuiltinESMExports();
    }
  });

  it('of the first version opens, is not current, and is no other row either', () => {
    const key = Buffer.from(first, 'base64');
    const keyId = hash('sha256', Buffer.concat([Buffer.from('key id\0'), key]), 'buffer').subarray(0, 4);
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(id('a'));
    const old = Buffer.concat([keyId, nonce, cipher.update('{"kind":"Session"}'), cipher.final(), cipher.getAuthTag()]);
    expect(seal.open(old, id('a'))).to.equal('{"kind":"Session"}');
    expect(seal.open(old, id('b'))).to.equal(undefined);
    expect(seal.current(old)).to.equal(false);
    for (let at = 0; at < old.length; at += 1) expect(seal.open(old.subarray(0, at), id('a'))).to.equal(undefined);
  });

  it('a key that is none is told apart: which one, and what to write', () => {
    expect(() => new Seal([first, 'short'])).to.throw(TypeError, 'encryption_keys[1] must be 32 bytes');
    expect(() => new Seal([undefined as never]), 'a variable that is not set').to.throw(TypeError, 'must be 32 bytes');
    expect(() => new Seal(first as never)).to.throw(TypeError, 'must be a list');
    expect(() => new Seal([first, first])).to.throw(TypeError, 'encryption_keys must differ');
  });
});
