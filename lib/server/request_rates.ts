import { isIPv6 } from 'node:net';

import { decodeJwt } from 'jose';
import type { Context } from 'koa';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';

import { fieldOf } from '../http/form_body.ts';
import { Rate, type SharedCounts } from '../http/rates.ts';
import type { LimitSettings } from '../http/settings.ts';

/** Clients that are remembered to have authenticated. */
const remembered = 10_000;
/** Milliseconds from one exchange with the other processes to the next. */
const every = 1000;

/**
 * The network an address is counted by: of IPv6 its first 64 bits, since somebody with one address of them usually has
 * all.
 */
const networkOf = (address: string): string => (isIPv6(address) ? address.split(':').slice(0, 4).join(':') : address);

/** The client_id that a request names, before it is authenticated. */
function claimedClient(ctx: Context): string {
  const named = fieldOf(ctx, 'client_id');
  if (named) return named;
  try {
    return `${decodeJwt(fieldOf(ctx, 'client_assertion') ?? '').sub}`;
  } catch {
    return '';
  }
}

const failures = ['pushed_authorization_request.error', 'grant.error', 'introspection.error', 'revocation.error'];
const successes = ['pushed_authorization_request.success', 'grant.success'] as const;

/** How often somebody may ask, by client, by address and for the whole process. */
export interface RequestRates {
  /**
   * Counts a request of anybody, by address and for the whole process.
   *
   * @returns seconds to wait, when there are too many
   */
  anyone(ctx: Context): number | undefined;
  /**
   * Counts a request to an endpoint of core's, by client as well.
   *
   * @returns seconds to wait, when there are too many
   */
  tooMany(ctx: Context): number | undefined;
  /** Learns from what the provider answers who fails to authenticate, and who does not. */
  watch(provider: Provider): void;
  /** Shares the counts with the other processes, until it is stopped. */
  share(counts: (name: string, points: number) => SharedCounts): () => void;
}

export function requestRates(limits: LimitSettings): RequestRates {
  const rate = (points: number | undefined) => (points === undefined ? undefined : new Rate({ points }));
  const failed = new Rate({ points: limits.failed_per_address });
  const clients = rate(limits.requests_per_client);
  const addresses = rate(limits.requests_per_address);
  const all = rate(limits.requests);
  const good = new Set<string>();

  function watch(provider: Provider): void {
    const emitter = provider as NodeJS.EventEmitter;
    for (const event of failures) {
      emitter.on(event, ({ ip }: KoaContextWithOIDC, { error }: { error?: string }) => {
        if (error === 'invalid_client') failed.take(networkOf(ip));
      });
    }
    for (const event of successes) {
      emitter.on(event, ({ oidc }: KoaContextWithOIDC) => {
        const id = oidc.client?.clientId;
        if (id === undefined || good.has(id)) return;
        good.add(id);
        const [oldest] = good;
        if (good.size > remembered && oldest !== undefined) good.delete(oldest);
      });
    }
  }

  const anyone = (ctx: Context) => all?.take('') ?? addresses?.take(networkOf(ctx.ip));
  return {
    anyone,
    tooMany(ctx) {
      const address = networkOf(ctx.ip);
      const wait = anyone(ctx);
      if (wait !== undefined || ctx.method !== 'POST') return wait;
      const waiting = failed.wait(address);
      if (waiting === undefined && !clients) return undefined;
      const client = claimedClient(ctx);
      // A stranger at the same address does not lock out a client that is known to have the right key.
      return waiting !== undefined && !good.has(client) ? waiting : clients?.take(client);
    },
    watch,
    share(counts) {
      const shared = (
        [
          ['failed', failed, limits.failed_per_address],
          ['client', clients, limits.requests_per_client],
          ['ip', addresses, limits.requests_per_address],
        ] as const
      ).flatMap(([name, own, points]) => (own && points ? [{ own, others: counts(name, points) }] : []));
      let sharing = Promise.resolve();
      let busy = false;
      const timer = setInterval(() => {
        if (busy) return;
        busy = true;
        sharing = Promise.all(shared.map(({ own, others }) => own.share(others))).then(() => {
          busy = false;
        });
      }, every).unref();
      return () => {
        clearInterval(timer);
        return sharing;
      };
    },
  };
}
