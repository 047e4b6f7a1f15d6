import { expect } from 'chai';
import { openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { knexAdapter } from '../../lib/store/adapter.ts';
import { unitOfWork } from '../../lib/store/unit_of_work.ts';
import { query, testDatabase } from '../support/postgres.ts';
import { type Agent, startCore } from './core.ts';
import { encryption_keys } from './stores.ts';

describe('a dump of every table after a full flow', () => {
  let test: Awaited<ReturnType<typeof testDatabase>>;
  let agent: Agent;
  let dump: string;

  before(async () => {
    test = await testDatabase();
    const database = await openDatabase({ url: test.url });
    await migrate(database.knex);
    const adapter = knexAdapter(database.knex, { encryption_keys });
    await adapter.kept('cookie keys', () => ['a kept secret of this server']);
    const core = await startCore(adapter, unitOfWork);
    agent = await core.agent();
    const { refresh_token } = await agent.flow();
    await agent.token(`${agent.client.refreshBody()}&refresh_token=${refresh_token}`);
    await core.close();
    await database.close();
    const tables = await query(
      test.url,
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'public'`,
    );
    const rows = await Promise.all(tables.rows.map(({ name }) => query(test.url, `select * from ${name}`)));
    // Every column as it is and as text, so that neither bytea nor encodings hide anything.
    dump = rows
      .flatMap((result) => result.rows.flatMap((row) => Object.values(row)))
      .map((value) =>
        value instanceof Buffer ? `${value.toString('latin1')}\n${value.toString('hex')}` : String(value),
      )
      .join('\n');
  });

  after(() => test.drop());

  it('holds rows of the whole flow', () => {
    for (const model of [
      'Session',
      'Grant',
      'AuthorizationCode',
      'AccessToken',
      'RefreshToken',
      'PushedAuthorizationRequest',
      'Kept',
    ]) {
      expect(dump).to.contain(model);
    }
  });

  it('holds no code, token, request, assertion, redirect URI, cookie or kept value', () => {
    expect(agent.secrets.size).to.be.above(15);
    for (const secret of [...agent.secrets, 'a kept secret of this server']) {
      for (const spelling of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64url')]) {
        expect(dump.includes(spelling), `${secret.slice(0, 12)}... lies in the clear`).to.equal(false);
      }
    }
  });

  it('names nobody: no account, no client', () => {
    for (const name of ['demo', 'bench', 'accountId', 'openid']) expect(dump).not.to.contain(name);
  });
});
