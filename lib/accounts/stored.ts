import { randomUUID } from 'node:crypto';

import type { Adapter } from 'oidc-provider';

import { type AccountSource, canonicalLogin, type KnownAccount } from './accounts.ts';
import { hashPassword, workToday } from './password.ts';

/** Accounts in the database. */
export interface StoredAccounts extends AccountSource {
  /** @returns the new account's `sub`, which no other account ever had. */
  add(account: { login: string; password: string; claims?: Record<string, unknown> }): Promise<string>;
  setPassword(login: string, password: string): Promise<boolean>;
  remove(login: string): Promise<boolean>;
}

/** Accounts kept through an oidc-provider adapter, under the model name `Account`: sealed and hashed as everything else. */
export function storedAccounts(adapter: Adapter): StoredAccounts {
  const opened = (payload: Awaited<ReturnType<Adapter['find']>>) =>
    payload ? (payload.extra as unknown as KnownAccount) : undefined;
  const byLogin = async (login: string) => opened(await adapter.findByUid(canonicalLogin(login)));
  const keep = async (account: KnownAccount) => {
    await adapter.upsert(account.sub, { jti: account.sub, kind: 'Account', uid: account.login, extra: { ...account } });
  };
  return {
    byLogin,
    work: workToday,
    bySub: async (sub) => opened(await adapter.find(sub)),
    rehash: (account, password_hash) => keep({ ...account, password_hash }),
    async add({ login, password, claims = {} }) {
      if (!canonicalLogin(login)) throw new TypeError('login is empty');
      if (await byLogin(login)) throw new TypeError(`login ${login} is taken`);
      // Not made from the login: a subject is never given to somebody else, also when the login is.
      const sub = `account:${randomUUID()}`;
      await keep({ login: canonicalLogin(login), password_hash: await hashPassword(password), claims, sub });
      return sub;
    },
    async setPassword(login, password) {
      const account = await byLogin(login);
      if (account) await keep({ ...account, password_hash: await hashPassword(password) });
      return account !== undefined;
    },
    async remove(login) {
      const account = await byLogin(login);
      if (account) await adapter.destroy(account.sub);
      return account !== undefined;
    },
  };
}
