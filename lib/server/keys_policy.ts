import type { Config } from '../config/load.ts';
import type { Policy } from '../keys/ring.ts';

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `90d`, `12h`, `30m` or `2s`; `undefined` of `never`. */
function millisecondsOf(duration: string): number | undefined {
  return duration === 'never' ? undefined : Number.parseInt(duration, 10) * (units[duration.slice(-1)] ?? 0);
}

/** Milliseconds in which every process has taken new keys; each looks once a second. */
const settle = 5000;
/** Milliseconds a nonce is good for, and a little more. */
const nonceLife = 300_000;

/** How the keys of a database follow one another under a configuration. */
export function policyOf({ keys, ttl, resources }: Pick<Config, 'keys' | 'ttl' | 'resources'>): Policy {
  // An ID Token is a hint at whose session to end as long as there is a session.
  const lifetimes = [ttl.id_token, ttl.access_token, ttl.session, ...resources.map(({ lifetime }) => lifetime ?? 0)];
  return {
    rotate_every: millisecondsOf(keys.rotate_every),
    publish_for: keys.max_age * 1000 + settle,
    settle,
    keep: {
      keys: (Math.max(...lifetimes) + keys.max_age) * 1000 + settle,
      cookies: Math.max(ttl.session, ttl.interaction) * 1000 + settle,
      nonces: nonceLife + settle,
    },
  };
}
