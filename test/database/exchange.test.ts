import { expect } from 'chai';
import fc from 'fast-check';
import pg from 'pg';

import { Exchange, type Value } from '../../lib/database/exchange.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

describe('One statement on a connection of pg', () => {
  let database: TestDatabase;
  let client: pg.Client;
  before(async () => {
    database = await testDatabase();
    client = new pg.Client(database.url);
    await client.connect();
  });
  after(async () => {
    await client?.end();
    await database?.drop();
  });

  function exchanged(name: string, text: string, values: readonly Value[]): Promise<(string | null)[][]> {
    return new Promise((resolve, reject) => {
      client.query(
        new Exchange(name, text, values, (error, rows) =>
          error ? reject(error) : resolve(rows),
        ) as unknown as pg.Submittable,
      );
    });
  }

  // Postgres' text holds every character but U+0000; half of a surrogate pair is no character.
  const text = fc.string({ unit: 'binary', maxLength: 3000 }).map((value) => value.replaceAll('\0', ''));
  const bytes = fc.uint8Array({ maxLength: 3000 }).map((value) => Buffer.from(value));
  const number = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
  const row = fc.tuple(fc.option(bytes), fc.option(text), fc.option(number));

  it('brings every value to Postgres and back as it is, whatever bytes it has', async () => {
    const sent: fc.Arbitrary<readonly [named: boolean, row: [Buffer | null, string | null, number | null]]> = fc.tuple(
      fc.boolean(),
      row,
    );
    await fc.assert(
      fc.asyncProperty(sent, async ([named, [binary, written, counted]]) => {
        const rows = await exchanged(named ? 'echo' : '', "select encode($1::bytea, 'hex'), $2::text, $3::bigint", [
          binary,
          written,
          counted,
        ]);
        expect(rows).to.deep.equal([
          [binary?.toString('hex') ?? null, written, counted === null ? null : String(counted)],
        ]);
      }),
    );
  });

  it('a value larger than the buffer has one of its size', async () => {
    const large = 'ä€😀'.repeat(20_000);
    expect(await exchanged('', 'select $1::text', [large])).to.deep.equal([[large]]);
  });

  it('an error is the statement’s, and the connection goes on', async () => {
    const refused = await exchanged('', 'select 1/$1::bigint', [0]).catch((error: Error) => error);
    expect(refused).to.be.an('error').with.property('message', 'division by zero');
    expect(await exchanged('', 'select 1', [])).to.deep.equal([['1']]);
  });
});
