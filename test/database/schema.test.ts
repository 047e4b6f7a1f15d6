import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';
import { byTime, TrailUnreadable } from '../../lib/audit/read.ts';
import { fresh, payloadOf } from '../../lib/contract/requirement.ts';
import { type Database, type DatabaseOptions, openDatabase } from '../../lib/database/database.ts';
import { grant } from '../../lib/database/grants.ts';
import { faultsOf } from '../../lib/database/readiness.ts';
import { distribute, HISTORY, migrate, migrateDown, schemaStatus } from '../../lib/database/schema.ts';
import { OperationalError, UsageError } from '../../lib/errors.ts';
import { knexAdapter } from '../../lib/store/adapter.ts';
import { revoke } from '../../lib/store/held.ts';
import { purge } from '../../lib/store/purge.ts';
import { reseal } from '../../lib/store/reseal.ts';
import { aliasOf, rowId } from '../../lib/store/row.ts';
import { Seal } from '../../lib/store/seal.ts';
import { migrationNames, migrationSource } from '../../migrations/index.ts';
import { encryption_keys } from '../store/stores.ts';
import { CertificateAuthority } from '../support/certificates.ts';
import { hasPgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { Postgres, query, testDatabase, unprivileged } from '../support/postgres.ts';

const tableName = 'oidc_payloads_migrations';

async function using<T>(where: string | DatabaseOptions, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(typeof where === 'string' ? { url: where } : where);
  return work(database).finally(() => database.close());
}

for (const kind of ['PGlite', 'Postgres']) {
  describe(`migrations on ${kind}`, () => {
    let test: Awaited<ReturnType<typeof testDatabase>> | undefined;
    let database: Database;
    before(async () => {
      if (kind === 'Postgres') test = await testDatabase();
      database = await openDatabase({ url: test?.url ?? 'pglite:' });
    });
    afterEach(async () => {
      for (let steps = 0; steps < 50 && (await migrateDown(database.knex)).length > 0; steps += 1);
    });
    after(async () => {
      await database.close();
      await test?.drop();
    });

    it('go up from nothing and down to nothing, and the status says where they are', async () => {
      const { knex } = database;
      expect(await schemaStatus(knex)).to.equal('behind');
      expect(await migrate(knex)).to.deep.equal(migrationNames);
      expect(await schemaStatus(knex)).to.equal('current');
      expect(await migrate(knex)).to.deep.equal([]);
      for (const name of [...migrationNames].reverse()) expect(await migrateDown(knex)).to.deep.equal([name]);
      expect(await schemaStatus(knex)).to.equal('behind');
      expect(await knex.schema.hasTable('oidc_payloads')).to.equal(false);
      expect(await migrate(knex)).to.deep.equal(migrationNames);
    });

    it('of a later version are told apart: what only added is no reason to stop, and nobody else takes it back', async () => {
      const { knex } = database;
      await migrate(knex);
      const is = (newest: string, oldest: string) =>
        knex('oidc_settings')
          .where({ name: 'schema' })
          .update({ value: JSON.stringify({ newest, oldest }) });
      await is('9999_of_a_later_version', '0001_oidc_payloads');
      expect(await schemaStatus(knex)).to.equal('ahead, compatible');
      for (const work of [migrate, migrateDown]) {
        const refused = await work(knex).catch((error) => error);
        expect(refused).to.be.instanceOf(UsageError);
        expect(refused.message).to.contain('9999_of_a_later_version');
      }
      await is('9999_of_a_later_version', '9998_of_a_later_version');
      expect(await schemaStatus(knex)).to.equal('ahead, breaking');
      await is(migrationNames.at(-1) as string, '0001_oidc_payloads');
      // A row that says so may be missing, in a database that was restored in part.
      await knex(HISTORY).insert({ name: '9999_of_a_later_version', batch: 9, migration_time: new Date() });
      for (const work of [migrate, migrateDown]) {
        const refused = await work(knex).catch((error) => error);
        expect(refused).to.be.instanceOf(UsageError);
        expect(refused.message).to.equal('a later version applied 9999_of_a_later_version: migrate with that version');
      }
      await knex(HISTORY).where({ name: '9999_of_a_later_version' }).delete();
      expect(await schemaStatus(knex)).to.equal('current');
    });

    for (const [index, version] of migrationNames.entries()) {
      it(`go up from ${version} with data in it, which is still there`, async () => {
        const { knex } = database;
        for (const name of migrationNames.slice(0, index + 1)) {
          await knex.migrate.up({ migrationSource: migrationSource(), tableName, name } as never);
        }
        // As the first version wrote it, in the columns there have always been.
        const id = Buffer.from(rowId('Session', 'a'), 'hex');
        const payload = new Seal(encryption_keys).seal(
          JSON.stringify(payloadOf('Session', 'a', { uid: 'b', accountId: 'jane' })),
          id,
        );
        const alias = Buffer.from(aliasOf('Session', 'uid', 'b'), 'hex');
        await knex('oidc_payloads').insert({ id, model: 'Session', payload, alias, expires_at: 2 ** 40 });
        expect(await migrate(knex)).to.deep.equal(migrationNames.slice(index + 1));
        const adapter = knexAdapter(knex, { encryption_keys });
        const session = adapter('Session');
        expect(await session.findByUid('b')).to.have.property('jti', 'a');
        await reseal(knex, { encryption_keys });
        expect(await session.findByUid('b')).to.have.property('jti', 'a');
        expect(await revoke(adapter.store, { account: 'jane' })).to.include({ sessions: 1 });
      });
    }

    it('in a schema of its own, made on the way, whatever the search path says', async () => {
      const knex = database.knex.withUserParams({ schema: 'as "of" ours' });
      await migrate(knex);
      expect(await schemaStatus(knex)).to.equal('current');
      expect((await knex.raw(`select to_regclass('oidc_payloads') as name`)).rows[0].name).to.equal(null);
      const id = fresh();
      const adapter = knexAdapter(knex, { encryption_keys });
      await adapter('Session').upsert(id, payloadOf('Session', id, { uid: id }), 60);
      expect(await adapter('Session').findByUid(id)).to.have.property('jti', id);
      expect(await purge(knex)).to.deep.equal({});
      expect(await reseal(knex, { encryption_keys })).to.deep.equal({ resealed: 0, current: 1, refused: 0 });
    });

    it('--distribute without Citus says what is missing', async () => {
      const { knex } = database;
      await migrate(knex);
      const error = await distribute(knex).catch((error) => error);
      expect(error).to.be.instanceOf(OperationalError);
      expect(error.message).to.contain('create extension citus');
    });
  });
}

describe('on a Postgres server', () => {
  let test: Awaited<ReturnType<typeof testDatabase>>;
  beforeEach(async () => {
    test = await testDatabase();
  });
  afterEach(() => test.drop());

  it('nodes that start together migrate once', async () => {
    const applied = await Promise.all(Array.from({ length: 4 }, () => using(test.url, ({ knex }) => migrate(knex))));
    expect(applied.flat()).to.deep.equal(migrationNames);
  });

  it('a migration gives up on a lock that others keep, and leaves nothing half done', async () => {
    await using(test.url, async ({ knex }) => {
      await knex.migrate.up({ migrationSource: migrationSource(), tableName, name: migrationNames[0] } as never);
      await using(test.url, (other) =>
        other.knex.transaction(async (trx) => {
          await trx.raw('lock table oidc_payloads in access share mode');
          const refused = await migrate(knex).catch((error) => error);
          expect(refused).to.be.instanceOf(OperationalError);
          expect(refused.message).to.contain('nothing was changed, try again');
        }),
      );
      expect(await schemaStatus(knex)).to.equal('behind');
      expect(await migrate(knex)).to.deep.equal(migrationNames.slice(1));
    });
  }).timeout(20_000);

  it('a role with no more rights than it is granted serves, purges and reseals, and changes no table', async () => {
    await using(test.url, ({ knex }) => migrate(knex));
    const role = `runtime_${fresh().slice(0, 8)}`;
    await query(test.url, `create role ${role} login`);
    expect(await using(test.url, ({ knex }) => grant(knex, role))).to.deep.equal({ left: [] });
    const url = new URL(test.url);
    url.username = role;
    await using(url.href, async ({ knex }) => {
      expect(await faultsOf(knex, undefined)).to.deep.equal([]);
      const { rows } = await knex.raw('show statement_timeout');
      expect(rows[0].statement_timeout).to.equal('30s');
      const adapter = knexAdapter(knex, { encryption_keys });
      const id = fresh();
      await adapter('AuthorizationCode').upsert(id, payloadOf('AuthorizationCode', id, { grantId: id }), 60);
      await adapter('AuthorizationCode').consume(id);
      await adapter('AuthorizationCode').revokeByGrantId(id);
      expect(await adapter.kept('a key', () => 1)).to.equal(1);
      await purge(knex);
      await reseal(knex, { encryption_keys });
      for (const forbidden of [
        'drop table oidc_payloads',
        'truncate oidc_payloads',
        'create table more (id int)',
        `delete from ${tableName}`,
        'select * from oidc_audit',
        'delete from oidc_audit',
        `update oidc_audit set event = 'none'`,
      ]) {
        expect(await knex.raw(forbidden).catch(({ code }) => code), forbidden).to.equal('42501');
      }
      const trail = byTime(knex, 'oidc_audit')[Symbol.asyncIterator]();
      expect(await trail.next().catch((error) => error), 'told in a line').to.be.instanceOf(TrailUnreadable);
    });
    await query(test.url, `revoke insert, delete on oidc_limits from ${role}`);
    const lacking = await using(url.href, ({ knex }) => faultsOf(knex, undefined));
    expect(lacking).to.deep.equal([
      `the role ${role} lacks insert on oidc_limits, delete on oidc_limits: run \`oidc-provider-fapi migrate up --grant ${role}\``,
    ]);
    await query(test.url, `drop owned by ${role}; drop role ${role}`);
    const nobody = await using(test.url, ({ knex }) => grant(knex, 'nobody of that name').catch((error) => error));
    expect(nobody).to.be.instanceOf(OperationalError);
    expect(nobody.message).to.contain('create role "nobody of that name" login');
  });

  it('a value is made once for all processes, and is the same after a restart', async () => {
    await using(test.url, ({ knex }) => migrate(knex));
    let made = 0;
    const make = () => ({ key: ++made });
    const kept = () => using(test.url, ({ knex }) => knexAdapter(knex, { encryption_keys }).kept('signing key', make));
    const values = await Promise.all(Array.from({ length: 4 }, kept));
    expect(new Set(values.map(({ key }) => key)).size).to.equal(1);
    expect(await kept()).to.deep.equal(values[0]);
    const other = { encryption_keys: [Buffer.alloc(32, 'another')] };
    const lost = await using(test.url, ({ knex }) => knexAdapter(knex, other).kept('signing key', make)).catch(
      (error) => error,
    );
    expect(lost.message).to.match(/signing key .* sealed with a key that .*encryption_keys lacks/);
  });

  it('a database that does not answer is named, with the reason and without the password', async () => {
    const error = await openDatabase({ url: 'postgres://somebody:secret@127.0.0.1:1/there' }).catch((error) => error);
    expect(error).to.be.instanceOf(OperationalError);
    expect(error.message).to.match(/^database postgres:\/\/127\.0\.0\.1:1\/there does not answer: .*ECONNREFUSED/);
    expect(error.message).not.to.contain('secret');
  });

  if (hasPgBouncer) {
    it('behind PgBouncer, with a schema, no connection has to remember anything', async () => {
      const pooler = await startPgBouncer(test.url);
      await using({ url: pooler.url, schema: 'pooled' }, async ({ knex }) => {
        await migrate(knex);
        const adapter = knexAdapter(knex, { encryption_keys });
        const ids = Array.from({ length: 50 }, fresh);
        await Promise.all(ids.map((id) => adapter('Session').upsert(id, payloadOf('Session', id, { uid: id }), 60)));
        for (const id of ids) expect(await adapter('Session').find(id)).to.have.property('jti', id);
        expect(await purge(knex)).to.deep.equal({});
      });
      await pooler.stop();
    });
  }
});

describe('TLS to the database', () => {
  let server: Postgres;
  let ca: CertificateAuthority;

  before(async () => {
    ca = await CertificateAuthority.root('CN=Database Root');
    const { cert, key } = await ca.issue({
      subject: 'CN=localhost',
      san: [{ type: 'dns', value: 'localhost' }],
      usages: null,
    });
    server = await Postgres.start();
    for (const [name, pem] of Object.entries({ 'server.crt': cert, 'server.key': key })) {
      const file = join(server.folder, name);
      writeFileSync(file, pem);
      chmodSync(file, 0o600);
      if (unprivileged) chownSync(file, unprivileged.uid, unprivileged.gid);
    }
    writeFileSync(
      join(server.folder, 'pg_hba.conf'),
      'hostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n',
    );
    await server.stop();
    await server.start({ ssl: 'on' }, `?sslmode=no-verify`);
  });
  after(() => server.remove());

  const url = () => server.url.replace('127.0.0.1', 'localhost');

  it('is checked against the authority it is given', () =>
    using({ url: url(), tls: { ca: ca.certificate } }, async ({ knex }) => {
      const { rows } = await knex.raw('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
      expect(rows[0].ssl).to.equal(true);
    }));

  it('to a server nobody vouches for is no connection, and neither is one without TLS', async () => {
    const unknown = await openDatabase({ url: url(), tls: true }).catch(({ message }) => message);
    expect(unknown).to.match(/does not answer: (self-signed certificate|unable to)/);
    const plain = await openDatabase({ url: url() }).catch(({ message }) => message);
    expect(plain).to.match(/does not answer: no pg_hba.conf entry .* no encryption/);
  });
});
