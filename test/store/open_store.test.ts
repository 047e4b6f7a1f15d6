import { mock } from 'node:test';
import { expect } from 'chai';
import knexModule, { type Knex } from 'knex';
import Provider from 'oidc-provider';
import { fresh, payloadOf } from '../../lib/contract/requirement.ts';
import { migrate, schemaStatus } from '../../lib/database/schema.ts';
import { OperationalError } from '../../lib/errors.ts';
import { fapiProvider } from '../../lib/fapi_provider.ts';
import { fapi2SecurityProfile } from '../../lib/profiles/fapi2_security_profile.ts';
import { knexAdapter } from '../../lib/store/adapter.ts';
import { type OpenStoreOptions, openStore } from '../../lib/store/open_store.ts';
import { migrationNames, migrationSource } from '../../migrations/index.ts';
import { configurationWith } from '../support/configuration.ts';
import { query, testDatabase } from '../support/postgres.ts';
import { encryption_keys } from './stores.ts';

const { knex: makeKnex } = knexModule;
const issuer = 'https://as.example.com';

/** The sentences of whatever it is refused with. */
const refusal = async (work: () => Promise<unknown>): Promise<string[]> => {
  const error = await work().then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).to.be.instanceOf(OperationalError);
  return error.message.split('\n  ');
};

describe('a knex of another database', () => {
  it('is refused in one sentence where there is none', async () => {
    const none = undefined as never;
    for (const work of [
      () => openStore({ database: none, issuer }),
      () => migrate(none),
      async () => knexAdapter(none, { encryption_keys }),
    ]) {
      expect(await refusal(work)).to.deep.equal([
        "no knex was handed over: write one made with client: 'pg', or a postgres:// URL",
      ]);
    }
  });

  for (const client of ['sqlite3', 'better-sqlite3', 'mysql', 'mysql2', 'cockroachdb', 'mssql']) {
    it(`is refused in one sentence, whatever it is handed to: ${client}`, async () => {
      const knex = makeKnex({ client, useNullAsDefault: true });
      for (const work of [
        () => openStore({ database: knex, issuer }),
        () => migrate(knex),
        async () => knexAdapter(knex, { encryption_keys }),
      ]) {
        const [sentence, ...more] = await refusal(work);
        expect(sentence).to.match(/^this knex speaks .*: hand over one made with client: 'pg'/);
        expect(more).to.deep.equal([]);
      }
    });
  }
});

describe('a store on a knex of the deployment’s own', () => {
  let test: Awaited<ReturnType<typeof testDatabase>>;
  let knex: Knex;
  beforeEach(async () => {
    test = await testDatabase();
    knex = pool();
  });
  afterEach(async () => {
    await knex.destroy();
    await test.drop();
  });

  const pool = (more: Knex.Config = {}) =>
    makeKnex({ client: 'pg', connection: test.url, pool: { min: 0, max: 3 }, ...more });
  const open = (options: Partial<OpenStoreOptions> = {}) =>
    openStore({ database: knex, issuer, encryption_keys, ...options });
  const works = async ({ adapter }: Awaited<ReturnType<typeof open>>) => {
    const id = fresh();
    await adapter('Session').upsert(id, payloadOf('Session', id, { uid: id }), 60);
    expect(await adapter('Session').findByUid(id)).to.have.property('jti', id);
  };

  it('is ready when everything is there, shares its secrets, purges until it is closed, and leaves the knex open', async () => {
    await migrate(knex);
    const [store, other] = [await open(), await open()];
    await Promise.all([store.ready(), other.ready()]);
    await works(store);
    const [keys, same] = await Promise.all([store.keys(), other.keys()]);
    expect(keys.dpopNonce).to.deep.equal(same.dpopNonce);
    expect(keys.jwks).to.deep.equal(same.jwks);
    await store.adapter('AccessToken').upsert('old', payloadOf('AccessToken', 'old'), 60);
    await knex('oidc_payloads').where({ model: 'AccessToken' }).update({ expires_at: 1 });
    expect(await store.purge()).to.deep.equal({ AccessToken: 1 });
    expect(await store.reseal()).to.include({ refused: 0 });
    expect(store.grants('as_server')).to.include('grant insert on "public".oidc_audit to "as_server"');
    store.startPurge({ interval: 3600 });
    await store.close();
    await other.close();
    expect((await knex.raw('select 1 as one')).rows[0].one).to.equal(1);
  });

  it('says everything that is wrong at once', async () => {
    const store = await open();
    mock.timers.enable({ apis: ['Date'], now: Date.now() + 120_000 });
    const faults = await refusal(store.ready).finally(() => mock.timers.reset());
    expect(faults).to.have.length(2);
    expect(faults[0]).to.equal(
      'the database schema is behind of this version: run `oidc-provider-fapi migrate up`, or migrate()',
    );
    expect(faults[1]).to.contain("ahead of the database's, 30 s are tolerated");
  });

  it('says that the database is away, without its password, and when it is read-only', async () => {
    const away = makeKnex({ client: 'pg', connection: 'postgres://jane:s3cret@127.0.0.1:1/as' });
    const [sentence] = await refusal((await open({ database: away })).ready);
    expect(sentence).to.match(/^the database does not answer: .*ECONNREFUSED/);
    expect(sentence).not.to.contain('s3cret');
    await away.destroy();
    await migrate(knex);
    const readOnly = pool({ connection: `${test.url}?options=-c%20default_transaction_read_only%3Don` });
    const [fault] = await refusal((await open({ database: readOnly })).ready);
    expect(fault).to.contain('takes no writes');
    await readOnly.destroy();
  });

  it('belongs to one issuer, of two that start together', async () => {
    await migrate(knex);
    const others = ['https://one.example.com', 'https://two.example.com'];
    const stores = await Promise.all(others.map((each) => open({ issuer: each })));
    const results = await Promise.allSettled(stores.map((store) => store.ready()));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).to.have.length(1);
    expect(refused[0]?.reason.message).to.match(
      /^the database belongs to the issuer https:\/\/(one|two)\.example\.com, this is https:\/\/(one|two)\./,
    );
    await stores[results.findIndex(({ status }) => status === 'fulfilled')]?.ready();
  });

  it('belongs to one issuer for a provider made with its adapter, too', async () => {
    await migrate(knex);
    const make = (at: string) =>
      fapiProvider(
        Provider,
        at,
        configurationWith({ adapter: knexAdapter(knex, { encryption_keys }) }),
        fapi2SecurityProfile(),
      );
    await make(issuer);
    await make(issuer);
    const [fault] = await refusal(() => make('https://other.example.com'));
    expect(fault).to.contain('belongs to the issuer https://as.example.com, this is https://other.example.com');
  });

  it('says that the keys are not those of the database', async () => {
    await migrate(knex);
    const store = await open();
    await store.ready();
    await store.keys();
    const [fault] = await refusal((await open({ encryption_keys: [Buffer.alloc(32, 'another')] })).ready);
    expect(fault).to.contain('encryption_keys do not open what is in this database');
    const none = await open({ encryption_keys: undefined });
    const [secret] = await refusal(() => none.keys({ keys: [] }));
    expect(secret).to.contain('would lie in the clear: give encryption_keys');
  });

  it('keeps secrets in the clear where that is said by name', async () => {
    await migrate(knex);
    const store = await open({ encryption_keys: undefined, secrets_in_the_clear: true });
    expect((await store.keys()).dpopNonce).to.have.length(32);
  });

  for (const [how, options, schema] of [
    ['a schema by name', {}, 'auth'],
    ['a search path', { searchPath: ['own', 'public'] }, undefined],
  ] as const) {
    it(`goes by ${how}`, async () => {
      await query(test.url, 'create schema own');
      await knex.destroy();
      knex = pool(options as Knex.Config);
      await migrate(knex, { schema });
      const store = await open({ schema });
      await store.ready();
      await works(store);
      const { rows } = await query(
        test.url,
        `select table_schema as name from information_schema.tables where table_name = 'oidc_payloads'`,
      );
      expect(rows).to.deep.equal([{ name: schema ?? 'own' }]);
    });
  }

  it('is migrated among the deployment’s own migrations', async () => {
    const theirs = '20260101_orders';
    const ours = migrationSource();
    await knex.migrate.latest({
      migrationSource: {
        getMigrations: async () => [...migrationNames, theirs],
        getMigrationName: (name: string) => name,
        getMigration: async (name: string) =>
          name === theirs
            ? {
                up: async (db) => void (await db.schema.createTable('orders', (t) => void t.increments())),
                down: async () => {},
              }
            : ours.getMigration(name),
      },
    });
    expect(await schemaStatus(knex)).to.equal('current');
    const store = await open();
    await store.ready();
    await works(store);
  });

  it('works in a transaction, and is undone with it', async () => {
    await migrate(knex);
    await knex
      .transaction(async (database) => {
        const store = await open({ database });
        await store.ready();
        await works(store);
        await store.purge();
        throw new Error('undone');
      })
      .catch(({ message }) => expect(message).to.equal('undone'));
    expect(Number((await knex('oidc_payloads').count({ rows: '*' }))[0]?.rows)).to.equal(0);
    expect(await knex('oidc_settings').where({ name: 'issuer' })).to.deep.equal([]);
  });
});

describe('a store by URL', () => {
  it('is embedded, migrated on the way, and closed with everything of it', async () => {
    const store = await openStore({ database: 'pglite:', issuer, encryption_keys });
    await store.ready();
    store.startPurge();
    expect((await store.keys()).jwks.keys).to.have.length(3);
    await store.close();
  });
});
