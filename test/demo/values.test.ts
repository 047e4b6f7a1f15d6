import { expect } from 'chai';

import { line, shown } from '../../lib/demo/values.ts';

const lower = 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq';

describe('What the demo shows of a value', () => {
  for (const value of [lower, lower.toUpperCase(), `${lower}_`, `-${lower}`, '1'.repeat(43), lower.slice(0, 20)]) {
    it(`is its beginning, whatever characters a random value happens to have: ${value}`, () => {
      for (const text of [
        shown('x', value),
        shown('', `https://as.example.com/auth/${value}?x=${value}`),
        line({ x: value }),
      ]) {
        expect(text)
          .to.include(`${value.slice(0, 8)}…`)
          .and.not.include(value);
      }
    });
  }

  it('is its beginning for a secret by name, however short', () => {
    for (const name of ['code', 'state', 'nonce', 'jti', 'refresh_token']) {
      expect(shown(name, 'short secret')).to.equal('short se…');
    }
  });

  it('is the whole of what is read by people: words, addresses, names of algorithms', () => {
    for (const value of [
      'pushed_authorization_request',
      'private_key_jwt',
      'https://as.example.com/resource',
      'ES256',
    ]) {
      expect(shown('x', value)).to.equal(value);
    }
  });
});
