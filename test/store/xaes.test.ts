import { expect } from 'chai';

import { Xaes } from '../../lib/store/xaes.ts';

/** The test vectors of C2SP; the masks of the two keys are reduced differently. */
const vectors = [
  { byte: 1, aad: '', sealed: 'ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271' },
  { byte: 3, aad: 'c2sp.org/XAES-256-GCM', sealed: '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d' },
];

describe('XAES-256-GCM', () => {
  const nonce = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWX');

  for (const { byte, aad, sealed } of vectors) {
    it(`is what C2SP says it is: key ${byte}, associated data "${aad}"`, () => {
      const xaes = new Xaes(Buffer.alloc(32, byte));
      const made = Buffer.concat(xaes.seal(nonce, Buffer.from('XAES-256-GCM'), Buffer.from(aad)));
      expect(made.toString('hex')).to.equal(sealed);
      expect(xaes.open(nonce, made, Buffer.from(aad))).to.equal('XAES-256-GCM');
      expect(() => xaes.open(nonce, made, Buffer.from(`${aad}.`))).to.throw();
    });
  }
});
