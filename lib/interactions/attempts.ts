import { hash } from 'node:crypto';
import { createRequire } from 'node:module';
import { isIPv6 } from 'node:net';

import type { RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';

import { canonicalLogin } from '../accounts/accounts.ts';
import { presets } from '../settings.ts';
import { passwordLimits } from './settings.ts';

/** The outcome of an attempt: the check's answer, or the seconds to wait because the check was not made. */
export type Attempt<T> = { readonly result: T | undefined } | { readonly wait: number };

/** Slows down somebody who guesses passwords. */
export interface Attempts {
  /** Makes the check, unless too many have failed. A check that answers nothing has failed. */
  make<T>(login: string, address: string, check: () => Promise<T | undefined>): Promise<Attempt<T>>;
}

/** The methods used of a limiter of rate-limiter-flexible. */
export type Limiter = Pick<RateLimiterAbstract, 'consume' | 'reward' | 'get' | 'set' | 'delete'>;

/** One limit: so many wrong passwords within so many seconds. */
export interface Limit {
  readonly attempts: number;
  readonly within: number;
}

/** A limit with the names of rate-limiter-flexible. */
export interface LimiterOptions {
  readonly points: number;
  readonly duration: number;
  readonly keyPrefix: string;
}

export interface AttemptsOptions {
  /** For one login from one address. Default 5 in 15 minutes. */
  pair?: Limit | undefined;
  /** For one login from everywhere it was never used from with success. Default 50 in an hour. */
  login?: Limit | undefined;
  /** For all logins from one address. Default 200 in an hour. */
  address?: Limit | undefined;
  /** Attempts under way at one time from one address. Default 10. */
  in_progress?: number | undefined;
  /** Keeps the counts. Default: the memory of this process. */
  limiter?: ((options: LimiterOptions) => Limiter) | undefined;
}

/** Loads the library at the first attempt that is counted: it brings a limiter for every database. */
const limiters = () => load('rate-limiter-flexible') as typeof import('rate-limiter-flexible');
const load = createRequire(import.meta.url);

const preset = presets(passwordLimits);

/** Seconds for which an address is remembered from which a person has logged in; a Node timer can count 24 days. */
const fortnight = 14 * 24 * 3600;

/**
 * The network an address is counted by: of IPv6 its first 64 bits, since somebody with one address of them usually has
 * all.
 */
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

/** The key a login is counted under: a hash, so that its length is bounded and the login is not kept in clear. */
const keyOf = (...parts: string[]) => hash('sha256', JSON.stringify(parts), 'base64url');

async function secondsUntil(consumed: Promise<RateLimiterRes>): Promise<number | undefined> {
  try {
    await consumed;
    return undefined;
  } catch (error) {
    if (error instanceof limiters().RateLimiterRes) return Math.max(1, Math.ceil(error.msBeforeNext / 1000));
    throw error;
  }
}

const inMemory = (options: LimiterOptions): Limiter => new (limiters().RateLimiterMemory)(options);

/**
 * Remembers logins that succeeded lately, at most so many: a limiter of this process would keep a timer of a fortnight
 * for each.
 */
function recent(most = 10_000) {
  const until = new Map<string, number>();
  return {
    async get(key: string): Promise<unknown> {
      return (until.get(key) ?? 0) > Date.now() ? key : null;
    },
    async set(key: string, _points: number, seconds: number): Promise<void> {
      until.delete(key);
      until.set(key, Date.now() + seconds * 1000);
      const [oldest] = until.keys();
      if (until.size > most && oldest !== undefined) until.delete(oldest);
    },
  };
}

/** Counts what is under way for a key, and takes no more than `most`. */
function slots(most: number) {
  const taken = new Map<string, number>();
  return async function within<T>(key: string, run: () => Promise<T>): Promise<T | undefined> {
    const count = taken.get(key) ?? 0;
    if (count >= most) return undefined;
    taken.set(key, count + 1);
    try {
      return await run();
    } finally {
      const left = (taken.get(key) ?? 1) - 1;
      if (left > 0) taken.set(key, left);
      else taken.delete(key);
    }
  };
}

/** Seconds after which an address may try again that has as many attempts under way as it may have. */
const moment = 2;

/** Lets what concerns the same key happen one after the other. */
function turns() {
  const last = new Map<string, Promise<unknown>>();
  return async function inTurn<T>(key: string, run: () => Promise<T>): Promise<T> {
    const turn = (last.get(key) ?? Promise.resolve()).then(run, run);
    last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (last.get(key) === turn) last.delete(key);
    }
  };
}

/**
 * Counts attempts per login and address, per address, and per login. The last count stops many addresses that guess at one
 * login; it does not count where the person has logged in from before, or a stranger could lock them out with it.
 *
 * @see [OWASP - Blocking Brute Force Attacks](https://owasp.org/www-community/controls/Blocking_Brute_Force_Attacks)
 */
export function attempts({
  pair = preset.pair,
  login: perLogin = preset.login,
  address: perAddress = preset.address,
  in_progress = preset.in_progress,
  limiter = inMemory,
}: AttemptsOptions = {}): Attempts {
  const counting = (keyPrefix: string, { attempts: points, within: duration }: Limit) =>
    limiter({ points, duration, keyPrefix });
  const pairs = counting('pair', pair);
  const logins = counting('login', perLogin);
  const addresses = counting('address', perAddress);
  const known = limiter === inMemory ? recent() : limiter({ points: 1, duration: fortnight, keyPrefix: 'known' });
  const inTurn = turns();
  const within = slots(in_progress);

  async function counted<T>(
    { who, where, both }: Record<'who' | 'where' | 'both', string>,
    check: () => Promise<T | undefined>,
  ): Promise<Attempt<T>> {
    const stranger = (await known.get(both)) === null;
    // Counted first and forgiven after: what is counted too late does not stop another process.
    const wait =
      (await secondsUntil(addresses.consume(where))) ??
      (await secondsUntil(pairs.consume(both))) ??
      (stranger ? await secondsUntil(logins.consume(who)) : undefined);
    if (wait !== undefined) return { wait };
    const forgive = async () => {
      await Promise.all([addresses.reward(where), pairs.reward(both), stranger && logins.reward(who)]);
    };
    const result = await check().catch(async (error) => {
      await forgive();
      throw error;
    });
    if (result === undefined) return { result };
    await Promise.all([forgive(), known.set(both, 1, fortnight)]);
    await pairs.delete(both);
    return { result };
  }

  return {
    async make(login, address, check) {
      const [who, where] = [keyOf(canonicalLogin(login)), keyOf(networkOf(address))];
      const both = keyOf(who, where);
      // In turn, so that many right ones at the same moment do not look like many wrong ones.
      const attempt = await within(where, () => inTurn(both, () => counted({ who, where, both }, check)));
      return attempt ?? { wait: moment };
    },
  };
}
