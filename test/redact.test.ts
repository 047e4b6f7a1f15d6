import { expect } from 'chai';

import { databaseName, redacted } from '../lib/redact.ts';

describe('a URL with a password in it', () => {
  for (const [url, name] of [
    ['pglite:./data', 'pglite:./data'],
    ['postgres://jane:s3cret@db.example.com:5432/as', 'postgres://db.example.com:5432/as'],
    ['postgresql://db/as?password=s3cret', 'postgresql://db/as'],
    ['postgres://jane:s3cret@[::1]:5432/as?sslmode=require', 'postgres://[::1]:5432/as'],
    ['postgres:///as?host=/var/run/postgresql&password=s3cret', 'postgres:///as'],
    ['postgres://%2Fvar%2Frun%2Fpostgresql/as', 'postgres://%2Fvar%2Frun%2Fpostgresql/as'],
    ['postgres://jane:s3@cret@db/as', 'postgres://db/as'],
    ['postgres://jane:s3cret@a:1,b:2/as', 'postgres://...'],
    ['postgres://jane:s3/cret@db/as', 'postgres://...'],
    ['postgres://jane:12/s3cret@db/as', 'postgres://...'],
    ['postgres://jane:12#s3cret@db/as', 'postgres://...'],
    ['postgres://jane:12?s3cret@db/as', 'postgres://...'],
    ['postgres://db/as?password=s3@cret', 'postgres://...'],
    ['mysql://jane:s3cret@db/as', 'mysql://...'],
    ['s3cret', '://...'],
  ] as const) {
    it(`is named without it: ${url}`, () => expect(databaseName(url)).to.equal(name));
  }

  it('is shown without it in a text that quotes it', () => {
    const text = redacted('Invalid URL "postgres://jane:12/s3cret@db/as", see https://me:s3cret@example.com/path');

    expect(text).to.equal('Invalid URL "postgres://...", see https://...@example.com/path');
  });
});
