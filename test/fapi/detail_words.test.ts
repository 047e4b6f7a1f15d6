import { expect } from 'chai';

import { narrowedDetails } from '../../lib/fapi/detail_narrowing.ts';
import { compileSchema } from '../../lib/fapi/detail_schema.ts';
import { fill, inLanguage, spokenOf } from '../../lib/fapi/detail_words.ts';

const read = (text: string, subject: unknown, language = 'en') =>
  fill(text, subject, language)
    ?.replace(/[\u2068\u2069]/g, '')
    .replace(/[\u00a0\u202f]/g, ' ');

describe('The words of authorization details', () => {
  it('money is written as the language does, and never rounded', () => {
    const sum = (currency: string, amount: unknown) => ({ sum: { currency, amount } });
    expect(read('{sum | money}', sum('EUR', '1234.5'), 'en-GB')).to.equal('€1,234.50');
    expect(read('{sum|money}', sum('EUR', '1234.5'), 'de')).to.equal('1.234,50 €');
    expect(read('{sum | money}', sum('JPY', '1500'), 'en')).to.equal('¥1,500');
    expect(read('{sum | money}', sum('EUR', '10.005'), 'en')).to.equal('€10.005');
    expect(read('{sum | money}', sum('USD', '99999999999999999999.99'), 'en')).to.equal(
      '$99,999,999,999,999,999,999.99',
    );
    expect(read('{sum | money}', sum('no currency', '1'), 'en')).to.equal('1 no currency');
    expect(read('{sum | money}', sum('EUR', '<b>'), 'en')).to.equal('<b> EUR');
    expect(read('{sum | money}', { sum: 'text' }, 'en')).to.equal('');
    expect(read('{amount | money:currency}', { amount: '2', currency: 'CHF' }, 'de-CH')).to.equal('CHF 2.00');
  });

  it('accounts are masked, dates and numbers are those of the language', () => {
    expect(read('{a | account}', { a: 'DE02100100109307118603' })).to.equal('•••• 8603');
    expect(read('{a | account}', { a: '123' })).to.equal('••••');
    expect(read('{d | date}', { d: '2026-12-24' }, 'de')).to.equal('24. Dezember 2026');
    expect(read('{d | date}', { d: 'soon' })).to.equal('soon');
    expect(read('{d | time}', { d: '2026-12-24T18:30:00+01:00' }, 'en-GB')).to.equal('24 December 2026 at 17:30 UTC');
    expect(read('{n | number}', { n: 1234567.5 }, 'de')).to.equal('1.234.567,5');
  });

  it('a list is told whole, a member that is absent is not told, and a row of absent members is left out', () => {
    const subject = { accounts: [{ iban: 'A1' }, { iban: 'B2' }, {}], toString: undefined };
    expect(read('{accounts.iban}', subject)).to.equal('A1, B2');
    expect(read('For {accounts.iban}{nothing}', subject)).to.equal('For A1, B2');
    expect(fill('{nothing}', subject, 'en')).to.equal(undefined);
    expect(fill('{__proto__.polluted} {constructor.name}', subject, 'en')).to.equal(undefined);
    expect(fill('Plain', subject, 'en')).to.equal('Plain');
  });

  it('a value keeps to itself: no direction marks, each in an isolate', () => {
    expect(fill('To {name}!', { name: 'A\u202eB\u2069C\u0000' }, 'en')).to.equal('To \u2068A B C \u2069!');
  });

  it('values have words of the language that fits best', () => {
    const values = { read: { en: 'see', de: 'sehen', 'de-CH': 'luege' } };
    expect(fill('{a}', { a: ['read', 'x'] }, 'de-AT', values)).to.equal(
      '\u2068sehen und x\u2069'.replace(' und ', ', '),
    );
    expect(inLanguage(values.read, 'de-CH')).to.equal('luege');
    expect(inLanguage(values.read, 'fr')).to.equal('see');
    expect(inLanguage({ de: 'nur' }, 'fr')).to.equal('nur');
    expect(fill('{a}', { a: '__proto__' }, 'en', {})).to.equal('\u2068__proto__\u2069');
  });

  it('tells which members it speaks of', () => {
    const title = { en: 'Pay {sum | money:currency}', de: '{sum} {to.name}' };
    expect(spokenOf({ title, choose: 'list' })).to.have.members(['sum', 'currency', 'to.name', 'list']);
  });
});

describe('The schema of a type', () => {
  it('refuses members it does not name, through references and combinations', () => {
    const judge = compileSchema('t', {
      allOf: [{ properties: { a: {} } }, { $ref: '#/$defs/more' }],
      $defs: { more: { properties: { b: { $ref: '#/$defs/inner' } } }, inner: { properties: { c: {} } } },
    });
    expect(judge({ type: 't', a: 1, b: { c: 1 } })).to.equal(undefined);
    expect(judge({ type: 't', a: 1, d: 1 })).to.equal('has a member that is not known: d');
    expect(judge({ type: 't', b: { c: 1, d: 1 } })).to.equal('b has a member that is not known: d');
    expect(judge({ type: 'u' })).to.equal('type must be t');
  });

  it('lets pass what it says may pass', () => {
    const judge = compileSchema('t', { properties: { a: {} }, additionalProperties: true });
    expect(judge({ type: 't', anything: 1 })).to.equal(undefined);
  });
});

describe('RFC9396-6.1: less than was granted', () => {
  const granted = [{ type: 'a', actions: ['r', 'w'], to: { x: 1 }, list: [1, 2] }];
  it('is a shorter list where that means less, and nothing else', () => {
    const less = (asked: object, choose?: string) =>
      narrowedDetails([{ type: 'a', ...asked }], granted, () => choose)?.[0];
    expect(less({})).to.deep.equal(granted[0]);
    expect(less({ actions: ['w'] })).to.deep.equal({ ...granted[0], actions: ['w'] });
    expect(less({ list: [2] })).to.equal(undefined);
    expect(less({ list: [2] }, 'list')).to.deep.equal({ ...granted[0], list: [2] });
    for (const more of [{ actions: [] }, { actions: ['x'] }, { to: { x: 2 } }, { to: { y: 1 } }, { more: 1 }]) {
      expect(less(more), JSON.stringify(more)).to.equal(undefined);
    }
    expect(narrowedDetails([{ type: 'b' }], granted)).to.equal(undefined);
  });
});
