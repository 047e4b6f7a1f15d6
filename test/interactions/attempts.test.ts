import { expect } from 'chai';

import { attempts } from '../../lib/interactions/attempts.ts';
import { Agent, type Page } from './agent.ts';
import { person, testProvider } from './provider.ts';

const attacker = '203.0.113.7';
const home = '198.51.100.1';

describe('attempts at a password', () => {
  it('are five for a login from an address', async () => {
    const counted = attempts();
    for (let n = 1; n <= 5; n++) expect(await counted.begin('jane', attacker), `attempt ${n}`).to.equal(undefined);

    expect(await counted.begin('jane', attacker)).to.be.within(1, 900);
    expect(await counted.begin('john', attacker), 'another login').to.equal(undefined);
    expect(await counted.begin('jane', home), 'another address').to.equal(undefined);
  });

  it('are counted before the password is looked at: a thousand at once are five', async () => {
    const counted = attempts();
    const waits = await Promise.all(Array.from({ length: 1000 }, () => counted.begin('jane', attacker)));

    expect(waits.filter((wait) => wait === undefined)).to.have.length(5);
  });

  it('are forgotten after the right one', async () => {
    const counted = attempts();
    for (let n = 1; n <= 20; n++) {
      expect(await counted.begin('jane', home), `attempt ${n}`).to.equal(undefined);
      if (n % 4 === 0) await counted.succeeded('jane', home);
    }
  });

  it('at one login from many addresses come to an end', async () => {
    const counted = attempts({ login: { points: 50, duration: 3600 } });
    let tried = 0;
    while ((await counted.begin('jane', `203.0.113.${tried}`)) === undefined) tried++;

    expect(tried).to.equal(50);
  });

  it('from many addresses do not lock the person out where they have logged in before', async () => {
    const counted = attempts({ login: { points: 10, duration: 3600 } });
    await counted.begin('jane', home);
    await counted.succeeded('jane', home);
    for (let n = 0; n < 50; n++) await counted.begin('jane', `203.0.113.${n}`);

    expect(await counted.begin('jane', '203.0.113.99')).to.be.within(1, 3600);
    expect(await counted.begin('jane', home)).to.equal(undefined);
  });

  it('at many logins from one address come to an end', async () => {
    const counted = attempts({ address: { points: 20, duration: 3600 } });
    let tried = 0;
    while ((await counted.begin(`login-${tried}`, attacker)) === undefined) tried++;

    expect(tried).to.equal(20);
  });

  for (const [one, other, same] of [
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['2001:db8:1:2::1', '2001:DB8:0001:0002::1', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::ffff:203.0.113.7', '203.0.113.7', true],
    ['::ffff:203.0.113.7', '::ffff:203.0.113.8', false],
    ['::1', '::2', true],
    ['fe80::1%eth0', 'fe80::2', true],
  ] as const) {
    it(`from ${one} and ${other} are ${same ? 'one' : 'not one'}'s`, async () => {
      const counted = attempts({ address: { points: 1, duration: 60 } });
      await counted.begin('a', one);

      expect((await counted.begin('b', other)) !== undefined).to.equal(same);
    });
  }

  it('tell nothing of which logins exist, and take their case for the same', async () => {
    const counted = attempts();
    for (const login of ['jane', 'JANE', ' Jane', 'jane', 'jane']) await counted.begin(login, attacker);

    expect(await counted.begin('jane', attacker)).to.be.a('number');
    for (let n = 0; n < 5; n++) expect(await counted.begin('nobody', attacker)).to.equal(undefined);
    expect(await counted.begin('nobody', attacker)).to.be.a('number');
  });
});

describe('the sixth wrong password', () => {
  it('gets 429, when to try again, and no look at the password, known login or not', async () => {
    const as = await testProvider();
    try {
      for (const login of [person.login, 'nobody@example.com']) {
        const agent = new Agent();
        const page = await agent.open(await as.authorizationUrl());
        const guess = (password: string): Promise<Page> => agent.post(page, { action: 'continue', login, password });
        for (let n = 1; n <= 5; n++) {
          const wrong = await guess('wrong');
          expect([wrong.status, wrong.alert]).to.deep.equal([422, 'Login or password is wrong.']);
        }
        const refused = await guess(person.password);

        expect(refused.status).to.equal(429);
        expect(Number(refused.response.headers.get('retry-after'))).to.be.within(1, 900);
        expect(refused.alert).to.equal('Too many attempts. Try again in 15 minutes.');
        expect(refused.text).to.contain('id="abort"');
        expect((await agent.post(page, { action: 'abort' })).answer.get('error')).to.equal('access_denied');
      }
    } finally {
      await as.close();
    }
  });
});
