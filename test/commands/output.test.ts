import { expect } from 'chai';

import { facts, table, time } from '../../lib/commands/output.ts';

describe('what commands print', () => {
  it('is a table of 80 columns at most, whose widest columns give way', () => {
    const text = table(
      ['login', 'sub', 'name'],
      [
        ['jane', 'account:1', 'x'.repeat(200)],
        ['y'.repeat(100), undefined, 'Jane'],
      ],
    );
    const lines = text.split('\n');

    for (const line of lines) expect([...line].length).to.be.at.most(80);
    expect(lines[0]).to.match(/^login +sub +name$/);
    expect(text).to.contain('account:1').and.contain('…');
  });

  it('keeps what would move the cursor or turn the text round from the terminal', () => {
    expect(table(['name'], [['a\u001b[2Jb\n\u202ec']])).to.equal('name\na [2Jb  c');
    expect(facts([['name', '\u0007']])).to.equal('name   ');
  });

  it('leaves out what is absent', () => {
    expect(
      facts([
        ['login', 'jane'],
        ['locked', undefined],
        ['sub', 'x'],
      ]),
    ).to.equal('login  jane\nsub    x');
    expect(time(0)).to.equal('1970-01-01 00:00');
    expect(time(undefined)).to.equal(undefined);
  });
});
