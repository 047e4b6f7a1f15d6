import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import type { KoaContextWithOIDC } from 'oidc-provider';

import { AccountLocked, type Accounts, accountsFrom } from '../../lib/accounts/accounts.ts';
import { hashing } from '../../lib/accounts/hashing.ts';
import { listedAccounts } from '../../lib/accounts/listed.ts';
import { accountsModule } from '../../lib/accounts/module.ts';
import { hashPassword } from '../../lib/accounts/password.ts';
import { type StoredAccounts, storedAccounts } from '../../lib/accounts/stored.ts';
import type { Database } from '../../lib/database/database.ts';
import { knexAdapter } from '../../lib/store/adapter.ts';
import { openedDatabase } from '../support/postgres.ts';

const ctx = {} as KoaContextWithOIDC;

/** Runs a script in a process of its own, which is what an uncaught error would end. */
async function node(script: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    env: { ...process.env, LOG_LEVEL: 'info' },
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (chunk) => (output[name] += chunk));
  const [code] = await once(child, 'close');
  return { code, ...output };
}

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

  it('spends the work of the costliest hash on every wrong password, whoever is asked for', async () => {
    const costly = await hashPassword('secret', { ln: 15, r: 8, p: 2 });
    const mixed = listedAccounts([
      { login: 'cheap', password_hash },
      { login: 'costly', password_hash: costly },
      { login: 'plain', password: 'plain' },
    ]);
    // Counted in work asked for: clocks of a busy machine prove nothing.
    const spent = [];
    for (const login of ['cheap', 'costly', 'plain', 'nobody', '']) {
      const before = hashing.work;
      await mixed.authenticate(login, 'wrong');
      spent.push(hashing.work - before);
    }
    expect(spent).to.deep.equal(spent.map(() => 2 ** 15 * 8 * 2));
  });

  it('takes an account that is locked for nobody, but says so to whoever has the password', async () => {
    const source = { login: 'jane', password: 'secret', sub: 'sub', locked_at: 1 };
    const locked = accountsFrom({ byLogin: async () => source, bySub: async () => source });

    expect(await locked.authenticate('jane', 'wrong')).to.equal(undefined);
    expect(await locked.authenticate('jane', 'secret').catch((refusal) => refusal)).to.be.instanceOf(AccountLocked);
    expect(await locked.findAccount(ctx, 'sub')).to.equal(undefined);
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
    database = await openedDatabase();
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

  it('takes the methods of the login where the module tells them', async () => {
    const source = `export const authenticate = () => ({ sub: 'jane', amr: ['pwd', 'otp'], more: 1 });
      export const findAccount = () => {};`;
    const accounts = await accountsModule(await moduleOf('strong.mjs', source));
    expect(await accounts.authenticate('jane', 'x')).to.deep.equal({ sub: 'jane', amr: ['pwd', 'otp'] });
  });

  for (const [name, answer] of [
    ['a number', '7'],
    ['an object without methods', '{ sub: "jane" }'],
    ['an object with methods that are none', '{ sub: "jane", amr: ["pwd", 7] }'],
    ['methods without a sub', '{ amr: ["pwd"] }'],
    ['a sub with a blank', '"jane doe"'],
  ]) {
    it(`does not take ${name} for a sub`, async () => {
      const source = `export const authenticate = () => (${answer}); export const findAccount = () => {};`;
      const accounts = await accountsModule(await moduleOf(`answers_${name}.mjs`, source));
      const error = await accounts.authenticate('jane', 'x').catch((refusal) => refusal);

      expect(error).to.be.instanceOf(TypeError);
    });
  }

  for (const [how, code] of Object.entries({
    'at once': 'throw new Error("boom");',
    'in a timer': 'setTimeout(() => { throw new Error("boom"); }, 5); return new Promise(() => {});',
    'in a tick': 'process.nextTick(() => { throw new Error("boom"); }); return new Promise(() => {});',
    'in a promise nobody waits for': 'Promise.reject(new Error("boom")); return new Promise(() => {});',
    'as an event nobody listens for':
      'setImmediate(() => new EventEmitter().emit("error", new Error("boom"))); return new Promise(() => {});',
    'as no error': 'setTimeout(() => { throw "boom"; }, 5); return new Promise(() => {});',
  })) {
    it(`fails the one call of a function that throws ${how}`, async () => {
      const body = `export const authenticate = (login) => { if (login === 'well') return 'sub'; ${code} };`;
      const source = `import { EventEmitter } from 'node:events'; ${body} export const findAccount = () => {};`;
      const script = `
        import { accountsModule } from ${JSON.stringify(new URL('../../lib/accounts/module.ts', import.meta.url).href)};
        const accounts = await accountsModule(${JSON.stringify(await moduleOf(`throws_${how}.mjs`, source))});
        const failed = accounts.authenticate('ill', 'x').catch((error) => error.message);
        console.log(JSON.stringify([await failed, await accounts.authenticate('well', 'x')]));`;
      const { code: exit, stdout } = await node(script);

      expect(exit).to.equal(0);
      const [message, sub] = JSON.parse(stdout);
      expect(message).to.match(/^authenticate\(\) of accounts\.module .* failed: boom$/);
      expect(sub).to.equal('sub');
    });
  }

  it('leaves an uncaught error of anybody else what it is: the end, with one line', async () => {
    const path = await moduleOf(
      'calm.mjs',
      'export const authenticate = () => {}; export const findAccount = () => {};',
    );
    const script = `
      import { accountsModule } from ${JSON.stringify(new URL('../../lib/accounts/module.ts', import.meta.url).href)};
      await accountsModule(${JSON.stringify(path)});
      setTimeout(() => { throw Object.assign(new Error('elsewhere'), { password: 'pw' }); }, 1);
      setTimeout(() => {}, 60_000);`;
    const { code, stderr } = await node(script);

    expect(code).to.equal(1);
    expect(stderr).to.contain('elsewhere').and.not.contain('pw');
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
