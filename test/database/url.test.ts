import { expect } from 'chai';

import { openDatabase } from '../../lib/database/database.ts';
import { databaseUrlFault, isInTheClear } from '../../lib/database/url.ts';
import { OperationalError } from '../../lib/errors.ts';

describe('the URL of a database', () => {
  for (const [url, fault] of [
    ['mysql://jane:s3cret@db/as', 'names no database'],
    ['postgres://jane:s3#cret@db/as', 'has a raw # in its user or password, write %23'],
    ['postgres://jane:12/s3cret@db/as', 'has a raw / in its user or password, write %2F'],
    ['postgres://jane:12?s3cret@db/as', 'has a raw ? in its user or password, write %3F'],
    ['postgres://jane:s3%cret@db/as', 'has a raw % in its user or password, write %25'],
    ['postgres://jane:s3 cret@db/as', 'has a space in it'],
    ['postgres://jane:s3cret@a:5432,b:5432/as', 'names several hosts'],
    ['postgres://jane:s3cret@db:543210/as', 'is not a URL'],
  ] as const) {
    it(`that ${fault} is refused before anybody connects, without a word of it`, async () => {
      const refused = await openDatabase({ url }).catch((error) => error);

      expect(refused).to.be.instanceOf(OperationalError);
      expect(refused.message).to.contain(fault);
      expect(refused.message).not.to.match(/s3|cret|jane/);
    });
  }

  for (const url of [
    'pglite:',
    'postgres://jane:s3%23cret@db:5432/as',
    'postgres://jane:s3@cret@db/as',
    'postgres://jane:s3cret@[::1]/as?sslmode=require',
    'postgres:///as?host=/var/run/postgresql',
    'postgres://jane:s3cret@/as?host=/var/run/postgresql',
    'postgres://%2Fvar%2Frun%2Fpostgresql/as',
    'postgresql://db/as?password=s3@cret',
  ]) {
    it(`is one: ${url}`, () => expect(databaseUrlFault(url)).to.equal(undefined));
  }

  it('is in the clear on another machine, unless it says how it is meant', () => {
    const inTheClear = ['postgres://db/as', 'postgres://10.0.0.1/as', 'postgres://[::2]/as'];
    const local = ['', 'localhost', '127.0.0.2', '[::1]', '%2Frun%2Fpostgresql'].map((host) => `postgres://${host}/as`);
    expect(inTheClear.filter((url) => !isInTheClear(url))).to.deep.equal([]);
    expect([...local, 'pglite:', 'postgres:///as?host=/run'].filter(isInTheClear)).to.deep.equal([]);
    expect(isInTheClear('postgres:///as?host=db.example.com')).to.equal(true);
    expect(
      ['sslmode=disable', 'sslmode=verify-full', 'ssl=true'].filter((says) => isInTheClear(`postgres://db/as?${says}`)),
    ).to.deep.equal([]);
  });
});
