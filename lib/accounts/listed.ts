import { hash } from 'node:crypto';

import {
  type AccountSource,
  accountsFrom,
  canonicalLogin,
  type KnownAccount,
  type ListedAccount,
  type PasswordAccounts,
} from './accounts.ts';
import { parsePasswordHash, workOf } from './password.ts';

/** OpenID Connect Core section 2: at most 255 ASCII characters. */
const wellFormedSub = /^[\x21-\x7e]{1,255}$/;

/**
 * The listed account's subject: its own, or one that stays as long as the login does, in a namespace of its own, so that
 * no client_id is mistaken for it.
 *
 * @see [FAPI2-SP-FINAL-6.7](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-6.7)
 */
export function subOf({ login, claims }: ListedAccount): string {
  return typeof claims?.sub === 'string'
    ? claims.sub
    : `account:${hash('sha256', canonicalLogin(login), 'base64url').slice(0, 22)}`;
}

/**
 * Checks an account of the list.
 *
 * @throws {TypeError} for what is wrong with it, and for a login or sub that an earlier one has.
 */
function checkListed(account: KnownAccount, earlier: readonly KnownAccount[]): void {
  if (!canonicalLogin(account.login)) throw new TypeError('login is empty');
  if (!wellFormedSub.test(account.sub))
    throw new TypeError(`${account.login}: sub must be 1 to 255 visible ASCII characters`);
  if ((account.password === undefined) === (account.password_hash === undefined)) {
    throw new TypeError(`${account.login}: write either password_hash or password`);
  }
  if (account.password_hash !== undefined) parsePasswordHash(account.password_hash);
  if (earlier.some(({ login }) => login === account.login)) throw new TypeError(`login ${account.login} stands twice`);
  if (earlier.some(({ sub }) => sub === account.sub)) throw new TypeError(`sub ${account.sub} stands twice`);
}

/**
 * Accounts of a list, such as that of the configuration file.
 *
 * @param list accounts, each with its login.
 * @param others asked for whom the list does not know.
 * @throws {TypeError} for an account that is wrong, and for a login or sub that stands twice.
 * @example
 * const { authenticate, findAccount } = listedAccounts([{ login: 'jane', password_hash, claims: { name: 'Jane Doe' } }]);
 */
export function listedAccounts(list: readonly ListedAccount[], ...others: readonly AccountSource[]): PasswordAccounts {
  const known: KnownAccount[] = [];
  for (const listed of list) {
    const account = { ...listed, login: canonicalLogin(listed.login), sub: subOf(listed) };
    checkListed(account, known);
    known.push(account);
  }
  return accountsFrom(
    {
      byLogin: async (login) => known.find((account) => account.login === login),
      bySub: async (sub) => known.find((account) => account.sub === sub),
      work: Math.max(0, ...known.map(({ password_hash }) => (password_hash ? workOf(password_hash) : 0))),
    },
    ...others,
  );
}
