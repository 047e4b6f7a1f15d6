import { expect } from 'chai';

import { hashPassword, outdatedPasswordHash, parsePasswordHash, verifyPassword } from '../../lib/accounts/password.ts';

const cheap = { ln: 14, r: 8, p: 1 };

describe('password', () => {
  it('accepts the password a hash was made from, and no other', async () => {
    const hash = await hashPassword('correct horse', cheap);

    expect(await verifyPassword('correct horse', hash)).to.equal(true);
    expect(await verifyPassword('correct hors', hash)).to.equal(false);
    expect(await verifyPassword('', hash)).to.equal(false);
  });

  it('writes PHC string format with a salt of its own each time', async () => {
    const hash = await hashPassword('x');

    expect(hash).to.match(/^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await hashPassword('x', cheap)).to.not.equal(await hashPassword('x', cheap));
  });

  it('verifies a hash made by another implementation', async () => {
    // Python's hashlib.scrypt: the vectors of RFC 7914 section 12 have costs or salts we do not accept.
    const hash = '$scrypt$ln=14,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$UxYE/nON8zrmLNK5lL/j9XPtKMDZ5VR/h1tkExic5Zo';

    expect(await verifyPassword('pleaseletmein', hash)).to.equal(true);
  });

  it('takes a letter composed on one keyboard and decomposed on another for the same', async () => {
    expect(await verifyPassword('u\u0308ber', await hashPassword('\u00fcber', cheap))).to.equal(true);
  });

  it('RFC8265-4.2.2 takes every kind of space for one, and different characters for different ones', async () => {
    expect(await verifyPassword('two words', await hashPassword('two\u00a0words', cheap))).to.equal(true);
    expect(await verifyPassword('two\u3000words', await hashPassword('two words', cheap))).to.equal(true);
    for (const [own, typed] of [
      ['x\u00b2', 'x2'],
      ['o\ufb03ce', 'office'],
      ['\uff21', 'A'],
    ] as const) {
      expect(await verifyPassword(typed, await hashPassword(own, cheap)), own).to.equal(false);
      expect(await verifyPassword(own, await hashPassword(own, cheap)), own).to.equal(true);
    }
  });

  it('accepts what a hash was made from under NFKC, as earlier versions made them', async () => {
    // Of 'x²' as 'x2'.
    const old = await hashPassword('x2', cheap);

    expect(await verifyPassword('x\u00b2', old)).to.equal(true);
  });

  for (const password of ['nul \u0000 inside', 'half \ud800 of a pair', 'x'.repeat(100_000), '🔑']) {
    it(`hashes ${JSON.stringify(password.slice(0, 20))} (${password.length} characters) whole`, async () => {
      const hash = await hashPassword(password, cheap);

      expect(await verifyPassword(password, hash)).to.equal(true);
      expect(await verifyPassword(password.slice(0, -1), hash)).to.equal(false);
    });
  }

  const salted = '$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
  for (const [what, hash] of Object.entries({
    'another algorithm': '$2b$12$abcdefghijklmnopqrstuv',
    'a password in clear': 'correct horse',
    'a cost too low': `$scrypt$ln=13,r=8,p=1${salted}`,
    'a cost that would fill the memory': `$scrypt$ln=30,r=8,p=1${salted}`,
    'no block': `$scrypt$ln=15,r=0,p=1${salted}`,
    'no salt': '$scrypt$ln=15,r=8,p=1$$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
    'a salt cut off': '$scrypt$ln=15,r=8,p=1$AAEC$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
    'a hash cut off': '$scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAw',
    'a line break behind': `$scrypt$ln=15,r=8,p=1${salted}\n`,
  })) {
    it(`refuses ${what}, without repeating it`, () => {
      expect(() => parsePasswordHash(hash))
        .to.throw(TypeError)
        .with.property('message')
        .that.does.not.contain(hash);
    });
  }

  it('knows a hash of a former cost', async () => {
    expect(outdatedPasswordHash(await hashPassword('x', cheap))).to.equal(true);
    expect(outdatedPasswordHash(await hashPassword('x'))).to.equal(false);
  });
});
