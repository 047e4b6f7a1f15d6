import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import { expect } from 'chai';
import pg from 'pg';

import { migratedDatabase, type TestDatabase } from '../support/postgres.ts';
import { RawClient } from '../support/raw_client.ts';
import { development, Running, run } from './cli.ts';

/** Acts by the event that records them. */
const acts = {
  'keys.rotated': ['keys', 'rotate'],
  'client.disabled': ['clients', 'disable', 'client'],
  'account.erased': ['accounts', 'erase', 'jane', '--yes'],
} as const;

describe('An act that is killed between what it does and its record', () => {
  let database: TestDatabase;
  let observer: pg.Client;
  const command = (args: readonly string[]) => [...args, '-c', development, '--set', `database.url=${database.url}`];
  const one = async <T extends string | number>(text: string) =>
    Object.values((await observer.query(text)).rows[0])[0] as T;
  /** Everything but the trail, as it lies there; opening the store asks once whether something is taken once. */
  const rows = () =>
    one<string>(
      `select md5(string_agg(t::text, '' order by id)) from oidc_payloads t where model <> 'ReplayDetection'`,
    );
  const waiting = () =>
    one<number>(`select count(*)::int from pg_locks where not granted and relation = 'oidc_audit'::regclass`);
  const recorded = async () =>
    (await observer.query('select event from oidc_audit where event = any($1)', [Object.keys(acts)])).rows
      .map(({ event }) => event)
      .sort();

  before(async () => {
    database = await migratedDatabase();
    observer = new pg.Client(database.url);
    await observer.connect();
    const { metadata } = await RawClient.create('https://localhost');
    const added = await run(command(['clients', 'add', '-']), { input: JSON.stringify(metadata) });
    expect(added.code, added.stderr).to.equal(0);
    expect((await run(command(['accounts', 'add', 'jane']), { input: 'correct horse battery' })).code).to.equal(0);
    expect((await run(command(['keys', 'list']))).code).to.equal(0);
  });
  after(async () => {
    await observer?.end();
    await database?.drop();
  });

  it('was never begun: nothing has changed, nothing is recorded, and the next one does it', async () => {
    const before = await rows();
    const lock = new pg.Client(database.url);
    await lock.connect();
    await lock.query('begin; lock table oidc_audit in access exclusive mode');
    const running = Object.values(acts).map((args) => new Running(command(args)));
    // Each has done its part in its transaction, and waits to write the record of it.
    for (let tries = 0; tries < 300 && (await waiting()) < running.length; tries += 1) await delay(100);
    expect(await waiting(), running.map(({ stderr }) => stderr).join()).to.equal(running.length);
    const ended = running.map((program) => once(program.process, 'exit'));
    for (const program of running) program.process.kill('SIGKILL');
    expect((await Promise.all(ended)).map(([, signal]) => signal)).to.deep.equal(running.map(() => 'SIGKILL'));
    await lock.query('rollback');
    await lock.end();
    const theirs = `select count(*)::int from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
    for (let tries = 0; tries < 100 && (await one<number>(theirs)) > 0; tries += 1) await delay(100);

    expect(await rows()).to.equal(before);
    expect(await recorded()).to.deep.equal([]);

    for (const args of Object.values(acts)) {
      const { code, stderr } = await run(command(args));
      expect(code, stderr).to.equal(0);
    }
    expect(await recorded()).to.deep.equal(Object.keys(acts).sort());
    const keys = JSON.parse((await run(command(['keys', 'list', '--json']))).stdout) as Record<string, string>[];
    const active = keys.filter(({ status }) => status === 'active').map(({ purpose }) => purpose);
    expect(active, 'one signs for each purpose').to.deep.equal(['ES256', 'PS256', 'EdDSA', 'cookies', 'nonces']);
    expect((await run(command(['audit', 'verify']))).code).to.equal(0);
  }).timeout(60_000);
});
