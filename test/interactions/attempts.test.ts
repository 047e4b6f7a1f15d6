import { expect } from 'chai';
import { type Database, openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import {
  type Attempts,
  type AttemptsOptions,
  attempts,
  type Limiter,
  type LimiterOptions,
} from '../../lib/interactions/attempts.ts';
import { sharedLimiter } from '../../lib/interactions/shared_limiter.ts';

import { testDatabase } from '../support/postgres.ts';
import { Agent, type Page } from './agent.ts';
import { person, testProvider } from './provider.ts';

const attacker = '203.0.113.7';
const home = '198.51.100.1';

/** A person or a machine that tries. */
function trying(counted: Attempts) {
  let looked = 0;
  const attempt = async (login: string, address: string, right: boolean) => {
    const made = await counted.make(login, address, async () => {
      looked++;
      return right ? login : undefined;
    });
    return 'wait' in made ? made.wait : undefined;
  };
  return {
    guess: (login: string, address: string) => attempt(login, address, false),
    logIn: (login: string, address: string) => attempt(login, address, true),
    get looked() {
      return looked;
    },
  };
}

function behaviour(make: (options?: AttemptsOptions) => Attempts) {
  it('are five for a login from an address', async () => {
    const { guess } = trying(make());
    for (let n = 1; n <= 5; n++) expect(await guess('jane', attacker), `attempt ${n}`).to.equal(undefined);

    expect(await guess('jane', attacker)).to.be.within(1, 900);
    expect(await guess('john', attacker), 'another login').to.equal(undefined);
    expect(await guess('jane', home), 'another address').to.equal(undefined);
  });

  it('a hundred at once are five', async () => {
    const tried = trying(make());
    await Promise.all(Array.from({ length: 100 }, () => tried.guess('jane', attacker)));

    expect(tried.looked).to.equal(5);
  });

  it('a hundred right ones at once are all right', async () => {
    const { logIn } = trying(make({ in_progress: 100 }));
    const waits = await Promise.all(Array.from({ length: 100 }, () => logIn('jane', home)));

    expect(waits.filter((wait) => wait !== undefined)).to.deep.equal([]);
  });

  it('under way from one address are ten, right or wrong, whatever the login', async () => {
    const counted = make();
    let made = 0;
    const waits = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        counted.make(`login-${n}`, attacker, async () => {
          made++;
          return 'sub';
        }),
      ),
    );
    expect(made).to.equal(10);
    expect(waits.filter((attempt) => 'wait' in attempt && attempt.wait === 2)).to.have.length(50);
    expect(await counted.make('jane', attacker, async () => 'sub')).to.deep.equal({ result: 'sub' });
  });

  it('are forgotten after the right one', async () => {
    const { guess, logIn } = trying(make());
    for (let round = 1; round <= 5; round++) {
      for (let n = 1; n <= 4; n++)
        expect(await guess('jane', home), `round ${round}, attempt ${n}`).to.equal(undefined);
      expect(await logIn('jane', home)).to.equal(undefined);
    }
  });

  it('do not count when the check could not be made', async () => {
    const counted = make({ login: { attempts: 8, within: 60 }, address: { attempts: 8, within: 60 } });
    for (let n = 1; n <= 20; n++) {
      const refusal = await counted.make('jane', home, () => Promise.reject(new Error('away'))).catch((error) => error);
      expect(refusal, `attempt ${n}`).to.be.instanceOf(Error);
    }
  });

  it('at one login from many addresses come to an end', async () => {
    const { guess } = trying(make({ login: { attempts: 20, within: 3600 } }));
    let tried = 0;
    while (tried < 100 && (await guess('jane', `203.0.113.${tried}`)) === undefined) tried++;

    expect(tried).to.equal(20);
  });

  it('from many addresses do not lock the person out where they have logged in before', async () => {
    const { guess, logIn } = trying(make({ login: { attempts: 10, within: 3600 } }));
    await logIn('jane', home);
    for (let n = 0; n < 20; n++) await guess('jane', `203.0.113.${n}`);

    expect(await guess('jane', '203.0.113.99')).to.be.within(1, 3600);
    expect(await logIn('jane', home)).to.equal(undefined);
  });

  it('at many logins from one address come to an end', async () => {
    const { guess } = trying(make({ address: { attempts: 20, within: 3600 } }));
    let tried = 0;
    while (tried < 100 && (await guess(`login-${tried}`, attacker)) === undefined) tried++;

    expect(tried).to.equal(20);
  });

  it('take the case of a login for the same, and unknown logins like known ones', async () => {
    const { guess } = trying(make());
    for (const login of ['jane', 'JANE', ' Jane', 'jane', 'jane']) await guess(login, attacker);

    expect(await guess('jane', attacker)).to.be.a('number');
  });

  it('bear any login', async () => {
    const { guess } = trying(make());

    for (const login of ['\u0000', '\ud800', 'x'.repeat(100_000)])
      expect(await guess(login, attacker)).to.equal(undefined);
  });
}

describe('attempts at a password', () => {
  behaviour(attempts);

  for (const [one, other, same] of [
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['2001:db8:1:2::1', '2001:DB8:0001:0002::1', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::ffff:203.0.113.7', '203.0.113.7', true],
    ['::ffff:203.0.113.7', '::ffff:203.0.113.8', false],
    ['::1', '::2', true],
    ['fe80::1%eth0', 'fe80::2', true],
  ] as const) {
    it(`from ${one} and ${other} are ${same ? 'one' : 'not one'} address's`, async () => {
      const { guess } = trying(attempts({ address: { attempts: 1, within: 60 } }));
      await guess('a', one);

      expect((await guess('b', other)) !== undefined).to.equal(same);
    });
  }
});

const databases: Record<string, typeof testDatabase> = {
  PGlite: async () => ({ url: 'pglite:', drop: async () => {} }),
  Postgres: testDatabase,
};
for (const [name, create] of Object.entries(databases)) {
  describe(`attempts counted in ${name}`, () => {
    let database: Database;
    let test: { url: string; drop(): Promise<void> };
    let limiter: (options: LimiterOptions) => Limiter;
    before(async () => {
      test = await create();
      database = await openDatabase({ url: test.url });
      await migrate(database.knex);
      limiter = sharedLimiter(database.knex);
    });
    beforeEach(() => database.knex('oidc_limits').delete());
    after(async () => {
      await database?.close();
      await test?.drop();
    });

    behaviour((options) => attempts({ ...options, limiter }));

    it('are shared by processes', async () => {
      const [one, other] = [trying(attempts({ limiter })), trying(attempts({ limiter: sharedLimiter(database.knex) }))];
      await Promise.all(Array.from({ length: 50 }, (_, n) => (n % 2 ? one : other).guess('jane', attacker)));

      expect(one.looked + other.looked).to.equal(5);
    });

    it('do not show the login', async () => {
      await trying(attempts({ limiter })).guess('jane@example.com', attacker);
      const rows = JSON.stringify(await database.knex('oidc_limits'));

      expect(rows).to.contain('pair').and.not.contain('jane').and.not.contain(attacker);
    });
  });
}

describe('wrong passwords on the page', () => {
  it('are forgotten after the right one', async () => {
    const as = await testProvider();
    try {
      for (let round = 1; round <= 3; round++) {
        const agent = new Agent();
        const page = await agent.open(await as.authorizationUrl());
        for (let n = 1; n <= 4; n++) {
          const wrong = await agent.post(page, { action: 'continue', login: person.login, password: 'wrong' });
          expect(wrong.status, `round ${round}, attempt ${n}`).to.equal(422);
        }
        expect((await agent.post(page, { action: 'continue', ...person })).heading).to.equal('Allow access?');
      }
    } finally {
      await as.close();
    }
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
