import { createHmac, hash, randomBytes } from 'node:crypto';

import type { ListedAccount } from '../accounts/accounts.ts';
import { subOf } from '../accounts/listed.ts';
import { type StoredAccounts, storedAccounts } from '../accounts/stored.ts';
import type { KnexAdapterFactory } from '../store/adapter.ts';
import { changeRow } from '../store/change.ts';
import { held, revoke } from '../store/held.ts';

/** The expiry of a reservation, in seconds since the epoch: the end of the year 9998. */
const forGood = Date.UTC(9999, 0) / 1000;

/** Opens the accounts of a database on its store, which decides who is first of two. */
export async function openAccounts(adapter: KnexAdapterFactory): Promise<StoredAccounts> {
  const { store } = adapter;
  // A plain hash would tell whoever reads the table who has an account, since logins can be guessed.
  const secret = await adapter.kept('account_logins', () => randomBytes(32).toString('base64url'));
  const reservation = (login: string) => createHmac('sha256', secret).update(login).digest('base64url');
  const logins = adapter('AccountLogin');
  return storedAccounts(adapter('Account'), {
    change: (sub, make) => changeRow(store, 'Account', sub, make),
    reserve: (login) => logins.unique(reservation(login), forGood),
    release: (login) => logins.destroy(reservation(login)),
    all: () => held(store, 'Account', { all: true }),
  });
}

/**
 * Ends what people of the file hold whose password is another one than at the last start, or who are gone from it.
 *
 * @returns their subs
 */
export async function endChanged(adapter: KnexAdapterFactory, accounts: readonly ListedAccount[]): Promise<string[]> {
  const rows = adapter('ListedAccounts');
  const now = new Map(
    accounts.map((account) => [subOf(account), hash('sha256', `${account.password_hash ?? account.password}`)]),
  );
  const before = (await rows.find('all'))?.extra;
  const ended = Object.keys(before ?? {}).filter((sub) => before?.[sub] !== now.get(sub));
  for (const account of ended) await revoke(adapter.store, { account });
  if (!before || ended.length > 0 || now.size !== Object.keys(before).length) {
    await rows.upsert('all', { kind: 'ListedAccounts', jti: 'all', extra: Object.fromEntries(now) });
  }
  return ended;
}
