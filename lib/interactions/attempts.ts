import { hash } from 'node:crypto';
import { isIPv6 } from 'node:net';

import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

import { canonicalLogin } from '../accounts.ts';

/** Slows down whoever guesses passwords. */
export interface Attempts {
  /** Counts an attempt before the password is looked at. @returns seconds to wait when it may not be made */
  begin(login: string, address: string): Promise<number | undefined>;
  /** The password was right: what was counted against this login from this address is forgotten. */
  succeeded(login: string, address: string): Promise<void>;
}

/** One limit: so many wrong passwords within so many seconds. */
export interface Limit {
  readonly points: number;
  readonly duration: number;
}

export interface AttemptsOptions {
  /** For one login from one address. Default 5 in 15 minutes. */
  pair?: Limit;
  /** For one login from everywhere it was never used from with success. Default 50 in an hour. */
  login?: Limit;
  /** For all logins from one address. Default 100 in an hour. */
  address?: Limit;
  /** Where the counts are kept. Default: the memory of this process. */
  limiter?(options: Limit & { keyPrefix: string }): RateLimiterAbstract;
}

/** Within what a Node timer can count, which is 24 days. */
const fortnight = 14 * 24 * 3600;

/** Who has one address of a network of IPv6 usually has the network: its 64 bits are counted as one. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (mapped) return mapped;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const groups = head.split(':').filter(Boolean);
  const rest = tail?.split(':').filter(Boolean) ?? [];
  const full = [...groups, ...Array<string>(8 - groups.length - rest.length).fill('0'), ...rest];
  return full
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16))
    .join(':');
}

/** Of any length, and not the login in clear. */
const keyOf = (...parts: string[]) => hash('sha256', JSON.stringify(parts), 'base64url');

async function secondsUntil(consumed: Promise<RateLimiterRes>): Promise<number | undefined> {
  try {
    await consumed;
    return undefined;
  } catch (error) {
    if (error instanceof RateLimiterRes) return Math.max(1, Math.ceil(error.msBeforeNext / 1000));
    throw error;
  }
}

/**
 * Counts attempts per login and address, per address, and per login. The last count stops many addresses that guess at one
 * login; it does not count where the person has logged in from before, or a stranger could lock them out with it.
 *
 * @see [OWASP - Blocking Brute Force Attacks](https://owasp.org/www-community/controls/Blocking_Brute_Force_Attacks)
 */
export function attempts({
  pair = { points: 5, duration: 900 },
  login: perLogin = { points: 50, duration: 3600 },
  address: perAddress = { points: 100, duration: 3600 },
  limiter = (options) => new RateLimiterMemory(options),
}: AttemptsOptions = {}): Attempts {
  const pairs = limiter({ ...pair, keyPrefix: 'pair' });
  const logins = limiter({ ...perLogin, keyPrefix: 'login' });
  const addresses = limiter({ ...perAddress, keyPrefix: 'address' });
  const known = limiter({ points: 1, duration: fortnight, keyPrefix: 'known' });
  const keys = (login: string, address: string) => {
    const [who, where] = [canonicalLogin(login), networkOf(address)];
    return { who: keyOf(who), where: keyOf(where), both: keyOf(who, where) };
  };
  return {
    async begin(login, address) {
      const { who, where, both } = keys(login, address);
      // Counted first and forgiven after success: of a thousand attempts at the same moment, five look at the password.
      return (
        (await secondsUntil(addresses.consume(where))) ??
        (await secondsUntil(pairs.consume(both))) ??
        ((await known.get(both)) ? undefined : await secondsUntil(logins.consume(who)))
      );
    },
    async succeeded(login, address) {
      const { who, where, both } = keys(login, address);
      const seen = await known.get(both);
      await Promise.all([
        pairs.delete(both),
        addresses.reward(where),
        seen ? undefined : logins.reward(who),
        known.set(both, 1, fortnight),
      ]);
    },
  };
}
