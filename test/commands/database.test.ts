import { randomBytes } from 'node:crypto';

import { expect } from 'chai';
import pg from 'pg';
import { accountsFrom } from '../../lib/accounts/accounts.ts';
import { verifyPassword } from '../../lib/accounts/password.ts';
import { storedAccounts } from '../../lib/accounts/stored.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { Resources } from '../../lib/resources.ts';
import { openConfiguredStore } from '../../lib/server/configured_store.ts';
import type { KnexAdapterFactory } from '../../lib/store/adapter.ts';
import { query, testDatabase } from '../support/postgres.ts';
import { anywhere, development, Running, run } from './cli.ts';

describe('commands on a server’s database', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let url: string;
  const command = (...args: string[]) => {
    const on = ['--config', development, '--set', `database.url=${url}`];
    return [...args, ...on];
  };

  const opened = async <T>(use: (adapter: KnexAdapterFactory) => Promise<T>, ...set: string[]): Promise<T> => {
    const resources = new Resources();
    try {
      return await use(
        (await openConfiguredStore(await loadConfig(development, { set: [`database.url=${url}`, ...set] }), resources))
          .adapter,
      );
    } finally {
      await resources.close();
    }
  };

  beforeEach(async () => {
    database = await testDatabase();
    url = database.url;
  });
  afterEach(() => database.drop());

  it('migrate goes up, down, and says where it is; serve refuses what it does not know, and says what to do', async () => {
    const status = async () => (await run(command('migrate', 'status'))).stdout.trim();
    const refused = async () => {
      const { code, stderr } = await run(command('serve', ...anywhere));
      expect(code).to.equal(1);
      expect(stderr.trim().split('\n')).to.have.length(1);
      return stderr;
    };

    expect(await status()).to.equal('the database schema is behind');
    expect(await refused())
      .to.contain('behind')
      .and.to.contain('oidc-provider-fapi migrate up');

    expect((await run(command('migrate', 'up'))).stdout)
      .to.match(/^applied 0001_/)
      .and.match(/^made 12 partitions of the trail, one a month$/m);
    expect((await run(command('migrate', 'up'))).stdout).to.equal('nothing to apply\n');
    expect(await status()).to.equal('the database schema is current');
    const running = new Running(command('serve', ...anywhere.slice(0, 4)));
    await running.prints(/Stop with/);
    running.process.kill('SIGINT');
    expect((await running.ends()).code).to.equal(0);

    const client = new pg.Client(url);
    await client.connect();
    const is = (newest: string, oldest: string) =>
      client.query(`update oidc_settings set value = $1 where name = 'schema'`, [JSON.stringify({ newest, oldest })]);
    const { newest, oldest } = JSON.parse(
      (await client.query(`select value from oidc_settings where name = 'schema'`)).rows[0].value,
    );
    await is('9999_tomorrow', oldest);
    expect(await status()).to.equal('the database schema is ahead, compatible');
    const older = new Running(command('serve', ...anywhere.slice(0, 4)));
    await older.prints(/Stop with/);
    older.process.kill('SIGINT');
    expect((await older.ends()).code).to.equal(0);
    for (const direction of ['down', 'up']) {
      expect(await run(command('migrate', direction))).to.deep.equal({
        code: 2,
        stdout: '',
        stderr: 'oidc-provider-fapi: a later version applied 9999_tomorrow: migrate with that version\n',
      });
    }

    await is('9999_tomorrow', '9998_today');
    expect(await status()).to.equal('the database schema is ahead, breaking');
    expect(await refused())
      .to.contain('ahead')
      .and.to.contain('run a version that knows it');

    await is(newest, oldest);
    await client.end();
    expect((await run(command('migrate', 'down'))).stdout).to.match(/^took back \d{4}_/);
    expect(await status()).to.equal('the database schema is behind');
  });

  it('what the role may not do is one line, and exit code 1', async () => {
    await run(command('migrate', 'up'));
    const role = `limited_${randomBytes(4).toString('hex')}`;
    await query(
      url,
      `create role ${role} login; grant connect on database "${new URL(url).pathname.slice(1)}" to ${role}`,
    );
    const as = new URL(url);
    as.username = role;
    for (const args of [['migrate', 'up'], ['prune']]) {
      const { code, stderr } = await run([...command(...args), '--set', `database.url=${as.href}`]);
      expect(code, stderr).to.equal(1);
      expect(stderr).to.match(/^oidc-provider-fapi: the (role|database) .*permission denied[^\n]*\n$/);
      expect(stderr).to.not.match(/\n {4}at /);
    }
    await query(url, `drop owned by ${role}; drop role ${role}`);
  });

  it('accounts are added, given a new password and removed; no password is printed', async () => {
    await run(command('migrate', 'up'));
    const logsIn = (password: string) =>
      opened(async (adapter) => {
        const accounts = accountsFrom(storedAccounts(adapter('Account')));
        const sub = await accounts.authenticate('jane', password);
        return sub && (await (await accounts.findAccount({} as never, sub))?.claims('id_token', '', {}, []));
      });

    const added = await run(
      command(
        'accounts',
        'add',
        'jane',
        '--claim',
        'name=Jane Doe',
        '--claim',
        'email_verified=true',
        '--claim',
        'phone_number=+4670',
        '--claim',
        'nickname=007',
      ),
      {
        input: 's3cret\n',
      },
    );
    expect(added).to.include({ code: 0, stderr: '' });
    expect(added.stdout)
      .to.match(/^added jane, sub account:/)
      .and.not.to.contain('s3cret');
    expect(await logsIn('s3cret')).to.include({
      name: 'Jane Doe',
      email_verified: true,
      phone_number: '+4670',
      nickname: '007',
    });

    const again = await run(command('accounts', 'add', 'Jane'), { input: 'other\n' });
    expect(again).to.include({ code: 2, stderr: 'oidc-provider-fapi: login Jane is taken\n' });

    expect((await run(command('accounts', 'password', 'jane'), { input: 'new\n' })).code).to.equal(0);
    expect(await logsIn('s3cret')).to.equal(undefined);
    expect(await logsIn('new')).to.include({ name: 'Jane Doe' });

    expect((await run(command('accounts', 'remove', 'jane'))).stdout).to.match(/^removed jane\nended /);
    expect(await logsIn('new')).to.equal(undefined);
    expect(await run(command('accounts', 'remove', 'jane'))).to.include({
      code: 2,
      stderr: 'oidc-provider-fapi: no account jane in the database\n',
    });
  });

  it('prune deletes what has expired, and prints how many rows of what it was', async () => {
    await run(command('migrate', 'up'));
    const now = Math.floor(Date.now() / 1000);
    await opened(async (adapter) => {
      for (const jti of ['a', 'b']) await adapter('ReplayDetection').unique(jti, now - 86_400);
      await adapter('ReplayDetection').unique('c', now + 60);
    });

    const { code, stdout } = await run(command('prune'));

    expect(code).to.equal(0);
    expect(stdout).to.match(/^ +2 {2}ReplayDetection\n +2 {2}in all\n$/);
    expect(await opened((adapter) => adapter('ReplayDetection').unique('a', now + 60))).to.equal(true);
    expect(await opened((adapter) => adapter('ReplayDetection').unique('c', now + 60))).to.equal(false);
  });

  it('reseal moves every row to the first key, so that the other may go; before, its loss is one line', async () => {
    const [old, young] = [1, 2].map(() => randomBytes(32).toString('base64'));
    const keys = (...list: (string | undefined)[]) => ['--set', `database.encryption_keys=[${list.join()}]`];
    await run(command('migrate', 'up'));
    const kept = (...set: string[]) => opened((adapter) => adapter.kept('cookie_keys', () => ['made anew']), ...set);
    for (const name of ['cookie_keys', 'another', 'and another']) {
      await opened((adapter) => adapter.kept(name, () => ['kept']), `database.encryption_keys=[${old}]`);
    }

    const early = await run(command('reseal', ...keys(young)));
    expect(early.code).to.equal(1);
    expect(early.stderr).to.match(/^[^\n]*encryption_keys do not open what is in this database[^\n]*\n$/);

    const { code, stdout } = await run(command('reseal', ...keys(young, old)));
    expect(code).to.equal(0);
    expect(stdout).to.equal('3 rows sealed by the first key, 0 were already\n');
    expect(await kept(`database.encryption_keys=[${young}]`)).to.deep.equal(['kept']);

    const lost = await run(command('serve', ...anywhere.slice(0, 4), ...keys(old)));
    expect(lost.code).to.equal(1);
    expect(lost.stderr).to.contain('encryption_keys do not open what is in this database');
  });

  it('migrate up --distribute needs Citus, and says so', async () => {
    const { code, stderr } = await run(command('migrate', 'up', '--distribute'));

    expect(code).to.equal(1);
    expect(stderr).to.match(/^oidc-provider-fapi: this database has no Citus/);
  });
});

describe('accounts hash', () => {
  it('prints what the configuration file takes as password_hash', async () => {
    const { code, stdout } = await run(['accounts', 'hash'], { input: 's3cret\n' });

    expect(code).to.equal(0);
    expect(await verifyPassword('s3cret', stdout.trim())).to.equal(true);
    expect(await verifyPassword('other', stdout.trim())).to.equal(false);
  });

  it('needs a password', async () => {
    expect(await run(['accounts', 'hash'])).to.include({
      code: 2,
      stderr: 'oidc-provider-fapi: no password: type one, or write it to standard input\n',
    });
  });

  for (const [title, input] of [
    ['without a line end', Buffer.from('s3cret')],
    ['with a mark of UTF-8 before it', Buffer.from('\uFEFFs3cret\r\n')],
    ['with more lines after it', Buffer.from('s3cret\nother\n')],
  ] as const) {
    it(`takes a password ${title}`, async () => {
      const { stdout } = await run(['accounts', 'hash'], { input });
      expect(await verifyPassword('s3cret', stdout.trim())).to.equal(true);
    });
  }

  for (const [title, input, problem] of [
    ['UTF-16', Buffer.from('\uFEFFs3cret', 'utf16le'), 'is UTF-16 or no text at all, save it as UTF-8'],
    ['UTF-16 without a mark', Buffer.from('s3cret', 'utf16le'), 'is UTF-16 or no text at all, save it as UTF-8'],
    ['Latin-1', Buffer.from('s\u00e9cret', 'latin1'), 'is not UTF-8 (Latin-1?), save it as UTF-8'],
  ] as const) {
    it(`refuses a password in ${title}`, async () => {
      expect(await run(['accounts', 'hash'], { input })).to.include({
        code: 2,
        stdout: '',
        stderr: `oidc-provider-fapi: the password on standard input ${problem}\n`,
      });
    });
  }
});
