import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { openDatabase } from '../../lib/database/database.ts';

describe('the cluster of an embedded database', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pglite-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function answer(sql: string): Promise<unknown> {
    const { knex, close } = await openDatabase({ url: `pglite:${folder}` });
    try {
      return Object.values((await knex.raw(sql)).rows[0] ?? {})[0];
    } finally {
      await close();
    }
  }

  it('is this user’s alone, and is unpacked again where a start was killed in the middle', async () => {
    expect(await answer('create table kept as select 42 as n')).to.equal(undefined);
    expect(statSync(join(folder, 'base')).mode & 0o777).to.equal(0o700);
    expect(statSync(join(folder, 'global', 'pg_control')).mode & 0o777).to.equal(0o600);

    // The version is written last: without it, what is there is half of a cluster.
    expect(readFileSync(join(folder, 'PG_VERSION'), 'utf8')).to.match(/^\d+\n$/);
    rmSync(join(folder, 'PG_VERSION'));
    rmSync(join(folder, 'global', 'pg_control'));
    expect(await answer("select to_regclass('kept') is null")).to.equal(true);
  });
});
