import { generateKeyPairSync } from 'node:crypto';

import { expect } from 'chai';

import { weak } from '../../lib/fapi/key_set.ts';

const rsa = (modulusLength: number) =>
  generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' });
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' });

const weakOnes = (keys: unknown) => [...weak(keys, ['jwks'], { RSA: 2048, EC: 224 })];

describe('keys that are too small', () => {
  for (const [name, key, size] of [
    ['FAPI2-SP-FINAL-5.4.1-2: RSA, one bit short', rsa(2047), 2047],
    ['FAPI2-SP-FINAL-5.4.1-2: RSA of 1024 bits, with zeros before it', { ...rsa(1024), n: `AAAA${rsa(1024).n}` }, 1024],
    ['FAPI2-SP-FINAL-5.4.1-3: EC, P-192', { kty: 'EC', crv: 'P-192' }, 192],
  ] as const) {
    it(`${name} is told with its size`, () => {
      expect(weakOnes([ec('P-256'), key])).to.deep.equal([
        { path: ['jwks', 1], text: `is a key of ${size} bits; use at least ${size === 192 ? 224 : 2048}` },
      ]);
    });
  }

  it('are none of the permitted ones, nor what is no key at all', () => {
    const odd = [
      null,
      7,
      {},
      { kty: 'RSA' },
      { kty: 'RSA', n: '' },
      { kty: 'RSA', n: 7 },
      { kty: 'EC' },
      { kty: 'EC', crv: 'x' },
    ];
    expect(
      weakOnes([rsa(2048), rsa(2049), ec('P-256'), ec('P-521'), { kty: 'OKP', crv: 'Ed25519' }, ...odd]),
    ).to.deep.equal([]);
    expect(weakOnes(undefined)).to.deep.equal([]);
  });
});
