import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import type { KoaContextWithOIDC } from 'oidc-provider';

import type { Accounts } from '../../lib/accounts/accounts.ts';
import { listedAccounts } from '../../lib/accounts/listed.ts';
import { accountsModule } from '../../lib/accounts/module.ts';
import { hashPassword } from '../../lib/accounts/password.ts';
import { type StoredAccounts, storedAccounts } from '../../lib/accounts/stored.ts';
import { type Database, openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { knexAdapter } from '../../lib/store/adapter.ts';

const ctx = {} as KoaContextWithOIDC;

async function claimsOf(accounts: Accounts, sub: string): Promise<unknown> {
  const account = await accounts.findAccount(ctx, sub);
  return account?.claims('id_token', 'openid', {}, []);
}

describe('accounts of the configuration file', () => {
  const cheap = { ln: 14, r: 8, p: 1 };
  let accounts: Accounts;
  let password_hash: string;

  before(async () => {
    password_hash = await hashPassword('secret', cheap);
    accounts = listedAccounts([
      { login: 'Jane@Example.com', password_hash, claims: { name: 'Jane Doe' } },
      { login: 'john', password: 'plain', claims: { sub: 'subject-of-john', email: 'john@example.com' } },
    ]);
  });

  it('lets the right password in and no other', async () => {
    expect(await accounts.authenticate('john', 'plain')).to.equal('subject-of-john');
    expect(await accounts.authenticate('john', 'secret')).to.equal(undefined);
    expect(await accounts.authenticate('jane@example.com', 'secret')).to.be.a('string');
    expect(await accounts.authenticate('jane@example.com', 'plain')).to.equal(undefined);
    expect(await accounts.authenticate('nobody', 'secret')).to.equal(undefined);
  });

  it('takes logins that look the same for the same', async () => {
    const sub = await accounts.authenticate('jane@example.com', 'secret');

    expect(await accounts.authenticate(' JANE@EXAMPLE.COM', 'secret')).to.equal(sub);
  });

  it('FAPI2-SP-FINAL-6.7 makes a sub that stays, and that is in a namespace no client_id is in', async () => {
    const sub = await accounts.authenticate('jane@example.com', 'secret');

    expect(sub).to.match(/^account:[\w-]{22}$/);
    expect(
      await listedAccounts([{ login: 'jane@example.com', password: 'x' }]).authenticate('jane@example.com', 'x'),
    ).to.equal(sub);
  });

  it('tells claims of a sub, and nothing of an unknown one', async () => {
    expect(await claimsOf(accounts, 'subject-of-john')).to.deep.equal({
      sub: 'subject-of-john',
      email: 'john@example.com',
    });
    expect(await claimsOf(accounts, 'nobody')).to.equal(undefined);
  });

  it('compares an unknown login with a hash as costly as a known one', async () => {
    // Measured in calls of scrypt: clocks of a busy machine prove nothing.
    const { createHook } = await import('node:async_hooks');
    let derivations = 0;
    const hook = createHook({ init: (_id, type) => void (type === 'SCRYPTREQUEST' && derivations++) }).enable();
    try {
      const counts = [];
      for (const login of ['jane@example.com', 'nobody', '']) {
        derivations = 0;
        await accounts.authenticate(login, 'wrong');
        counts.push(derivations);
      }
      expect(counts).to.deep.equal([1, 1, 1]);
    } finally {
      hook.disable();
    }
  });

  for (const [what, list] of Object.entries({
    'a login that stands twice': [
      { login: 'a', password: 'x' },
      { login: 'A ', password: 'y' },
    ],
    'a sub that stands twice': [
      { login: 'a', password: 'x', claims: { sub: 's' } },
      { login: 'b', password: 'x', claims: { sub: 's' } },
    ],
    'no password': [{ login: 'a' }],
    'a password and a hash': [{ login: 'a', password: 'x', password_hash: '$scrypt$' }],
    'a hash of another kind': [{ login: 'a', password_hash: '$2b$12$abc' }],
    'a sub with a blank': [{ login: 'a', password: 'x', claims: { sub: 'a b' } }],
    'a sub of 256 characters': [{ login: 'a', password: 'x', claims: { sub: 's'.repeat(256) } }],
    'an empty login': [{ login: ' ', password: 'x' }],
  })) {
    it(`refuses ${what}`, () => {
      expect(() => listedAccounts(list)).to.throw(TypeError);
    });
  }
});

describe('accounts in the database', () => {
  let database: Database;
  let stored: StoredAccounts;
  let accounts: Accounts;

  before(async () => {
    database = await openDatabase({ url: 'pglite:' });
    await migrate(database.knex);
    stored = storedAccounts(knexAdapter(database.knex, { encryption_keys: ['k'.repeat(43)] } as never)('Account'));
    accounts = listedAccounts([{ login: 'john', password: 'plain' }], stored);
  });
  after(() => database.close());

  it('adds, finds, changes and removes one', async () => {
    const sub = await stored.add({ login: 'Jane', password: 'first', claims: { name: 'Jane' } });
    expect(await accounts.authenticate('jane', 'first')).to.equal(sub);
    expect(await claimsOf(accounts, sub)).to.deep.equal({ sub, name: 'Jane' });

    expect(await stored.setPassword('jane', 'second')).to.equal(true);
    expect(await accounts.authenticate('jane', 'first')).to.equal(undefined);
    expect(await accounts.authenticate('jane', 'second')).to.equal(sub);

    expect(await stored.remove('jane')).to.equal(true);
    expect(await accounts.authenticate('jane', 'second')).to.equal(undefined);
    expect(await accounts.findAccount(ctx, sub)).to.equal(undefined);
    expect(await stored.remove('jane')).to.equal(false);
  });

  it('never gives a sub to somebody else, also when the login is', async () => {
    const first = await stored.add({ login: 'reused', password: 'x' });
    await stored.remove('reused');

    expect(await stored.add({ login: 'reused', password: 'x' })).to.not.equal(first);
  });

  it('refuses a login that is taken', async () => {
    await stored.add({ login: 'taken', password: 'x' });
    const error = await stored.add({ login: ' TAKEN', password: 'y' }).catch((refusal) => refusal);

    expect(error).to.be.instanceOf(TypeError);
  });

  it('makes the hash anew at the cost of today while the password is at hand', async () => {
    const sub = await stored.add({ login: 'old', password: 'secret' });
    const old = await hashPassword('secret', { ln: 14, r: 8, p: 1 });
    const account = await stored.bySub(sub);
    if (!account) throw new Error('it was just added');
    await stored.rehash?.(account, old);

    expect(await accounts.authenticate('old', 'wrong')).to.equal(undefined);
    expect((await stored.bySub(sub))?.password_hash).to.equal(old);
    expect(await accounts.authenticate('old', 'secret')).to.equal(sub);
    expect((await stored.bySub(sub))?.password_hash).to.match(/^\$scrypt\$ln=15,r=8,p=3\$/);
    expect(await accounts.authenticate('old', 'secret')).to.equal(sub);
  });

  for (const login of ['nul\u0000', 'half \ud800', "'; drop table oidc_payloads; --", 'x'.repeat(100_000)]) {
    it(`an unknown login ${JSON.stringify(login.slice(0, 32))} is unknown, not an error`, async () => {
      expect(await accounts.authenticate(login, login)).to.equal(undefined);
    });
  }
});

describe("accounts of the deployment's own module", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'accounts-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function moduleOf(name: string, source: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, source);
    return path;
  }

  it('loads both functions', async () => {
    const path = await moduleOf(
      'good.mjs',
      `export const authenticate = async (login, password) => (password === 'x' ? 'sub-of-' + login : undefined);
       export const findAccount = async (ctx, sub) => ({ accountId: sub, claims: async () => ({ sub }) });`,
    );
    const accounts = await accountsModule(path);

    expect(await accounts.authenticate('jane', 'x')).to.equal('sub-of-jane');
    expect(await claimsOf(accounts, 'a')).to.deep.equal({ sub: 'a' });
  });

  for (const [name, source, message] of [
    ['half.mjs', 'export const authenticate = () => {};', /half\.mjs has to export findAccount\(\)/],
    ['broken.mjs', 'export const =', /broken\.mjs cannot be loaded/],
  ] as const) {
    it(`says what is wrong with ${name}`, async () => {
      const error = await accountsModule(await moduleOf(name, source)).catch((refusal) => refusal);

      expect(error).to.have.property('code', 'ERR_OPERATIONAL');
      expect(error.message).to.match(message);
    });
  }
});
