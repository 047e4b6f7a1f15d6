import { expect } from 'chai';

import type { ListedAccount } from '../../lib/accounts/accounts.ts';
import { subOf } from '../../lib/accounts/listed.ts';
import { fresh } from '../../lib/contract/requirement.ts';
import type { Database } from '../../lib/database/database.ts';
import { endChanged } from '../../lib/server/open_accounts.ts';
import { type KnexAdapterFactory, knexAdapter } from '../../lib/store/adapter.ts';
import { encryption_keys } from '../store/stores.ts';
import { openedDatabase } from '../support/postgres.ts';

describe('people of the file, from one start to the next', () => {
  let adapter: KnexAdapterFactory;
  let database: Database;
  before(async () => {
    database = await openedDatabase();
    adapter = knexAdapter(database.knex, { encryption_keys });
  });
  after(() => database.close());
  beforeEach(() => adapter.store.knex('oidc_payloads').delete());

  const jane: ListedAccount = { login: 'jane', password_hash: 'one hash' };
  const john: ListedAccount = { login: 'john', password: 'plain', claims: { sub: 'j' } };

  /** A login of somebody; answers whether it is there still. */
  async function loggedIn(account: ListedAccount): Promise<() => Promise<boolean>> {
    const [jti, uid] = [fresh(), fresh()];
    await adapter('Session').upsert(jti, { kind: 'Session', jti, uid, accountId: subOf(account) }, 600);
    return async () => (await adapter('Session').findByUid(uid)) !== undefined;
  }

  it('lose what they hold when their password is another one, or they are gone; everybody else keeps it', async () => {
    expect(await endChanged(adapter, [jane, john])).to.deep.equal([]);
    const [hers, his] = [await loggedIn(jane), await loggedIn(john)];
    expect(await endChanged(adapter, [{ ...jane, claims: { name: 'Jane' } }, john]), 'a claim').to.deep.equal([]);
    expect([await hers(), await his()]).to.deep.equal([true, true]);

    const changed = { ...jane, password_hash: 'another hash' };
    expect(await endChanged(adapter, [changed, john])).to.deep.equal([subOf(jane)]);
    expect([await hers(), await his()]).to.deep.equal([false, true]);

    const again = await loggedIn(jane);
    expect(await endChanged(adapter, [changed, john]), 'once').to.deep.equal([]);
    expect(await endChanged(adapter, [changed])).to.deep.equal(['j']);
    expect([await again(), await his()]).to.deep.equal([true, false]);
    expect(await endChanged(adapter, []), 'the last one').to.deep.equal([subOf(jane)]);
    expect(await again()).to.equal(false);
  });

  it('end nothing when there is nobody to compare with, and somebody new ends nothing either', async () => {
    const hers = await loggedIn(jane);
    expect(await endChanged(adapter, [jane])).to.deep.equal([]);
    expect(await endChanged(adapter, [jane, john])).to.deep.equal([]);
    expect(await endChanged(adapter, [john])).to.deep.equal([subOf(jane)]);
    expect(await hers()).to.equal(false);
  });

  it('have their passwords kept as a hash of the hash', async () => {
    await endChanged(adapter, [john]);
    const kept = JSON.stringify(await adapter('ListedAccounts').find('all'));
    expect(kept).to.contain('"j"').and.not.to.contain('plain');
  });
});
