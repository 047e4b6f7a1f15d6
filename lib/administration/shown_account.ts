import type { KnownAccount } from '../accounts/accounts.ts';

/** An account as an administrator sees it. */
export interface ShownAccount {
  readonly login: string;
  readonly sub: string;
  readonly source: 'file' | 'database';
  readonly claims: Readonly<Record<string, unknown>>;
  readonly locked_at?: string;
}

/** Leaves out what others may not know of an account: its password's hash. */
export function shownAccount(account: KnownAccount, source: ShownAccount['source']): ShownAccount {
  const { login, sub, claims = {}, locked_at } = account;
  const locked = locked_at === undefined ? {} : { locked_at: new Date(locked_at * 1000).toISOString() };
  return { login, sub, source, claims, ...locked };
}
