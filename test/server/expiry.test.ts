import { expect } from 'chai';

import { loadConfig } from '../../lib/config/load.ts';
import { log } from '../../lib/log.ts';
import { Expiry, ending, lifetimes } from '../../lib/server/expiry.ts';
import { run } from '../commands/cli.ts';
import { Reloadable } from '../support/reloadable.ts';

const day = 86_400_000;

describe('Certificates that end', () => {
  let files: Reloadable;
  before(async () => {
    files = await Reloadable.write();
    await files.certify(await files.pair(new Date(Date.now() + 20.5 * day)));
  });
  after(() => files?.close());

  it('are told 30, 14, 7 and 1 days ahead, once each, and when it is too late', async () => {
    const config = await loadConfig(files.file);
    const expiry = new Expiry();
    const said: unknown[] = [];
    const before = { warn: log.warn, error: log.error };
    const note = (details: { key: string; days: number }) => {
      if (details.key === 'listen.tls.cert') said.push(details.days);
    };
    Object.assign(log, { warn: note, error: note });
    try {
      for (const ahead of [0, 0.2, 5, 6, 6.2, 7, 13, 14, 19.6, 19.7, 20, 21, 22]) {
        await expiry.look(config, Date.now() + ahead * day);
      }
    } finally {
      Object.assign(log, before);
    }
    expect(said).to.deep.equal([20, 14, 7, 0, -1]);
  });

  it('are listed with what is left of them, the first to end first', async () => {
    const [first, ...others] = await lifetimes(await loadConfig(files.file));
    expect(first).to.include({ key: 'listen.tls.cert', days: 20, subject: 'CN=localhost' });
    expect(others.map(({ key }) => key)).to.deep.equal(['mtls.ca']);
    expect(ending(first as NonNullable<typeof first>)).to.match(
      /tls\.crt: the certificate of CN=localhost expires in 20 days/,
    );
  });

  it('check --days 21: one line and exit code 2; --days 20: fine', async () => {
    const late = await run(['check', '--config', files.file, '--days', '21']);
    expect(late.code).to.equal(2);
    expect(late.stderr).to.match(/^listen\.tls\.cert: .* expires in 20 days/m);
    expect((await run(['check', '--config', files.file, '--days', '20'])).code).to.equal(0);
  });
});
