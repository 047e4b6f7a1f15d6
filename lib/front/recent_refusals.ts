import { isDeepStrictEqual } from 'node:util';

import type { KoaContextWithOIDC, Provider } from 'oidc-provider';

import { explanationOf, refusalEvents } from '../fapi/refusals.ts';

/** A refusal as the front page of a development server tells it. */
export interface RecentRefusal {
  readonly at: Date;
  readonly method: string;
  readonly path: string;
  readonly client_id: string | undefined;
  readonly error: string;
  /** Name in the table of refusals. */
  readonly refusal: string | undefined;
  readonly reason: string;
  /** How often it happened in a row; it is told once. */
  readonly times: number;
}

/** The latest refusals of this process, the newest first. */
export interface RecentRefusals {
  readonly list: readonly RecentRefusal[];
  /** Notes what a provider refuses from now on. */
  watch(provider: Provider): void;
}

interface Failure {
  readonly error?: string;
  readonly error_description?: string;
  readonly message?: string;
}

const longest = 600;

/**
 * Keeps the latest refusals in memory, in the words of the table. Of a request it keeps method and path, and no
 * parameter, header or body, which may be secret.
 *
 * @param most refusals that are kept; then the oldest goes.
 */
export function recentRefusals(most = 20): RecentRefusals {
  const list: RecentRefusal[] = [];
  function note(ctx: KoaContextWithOIDC, failure: Failure & object): void {
    // A step of the protocol, which every client takes again and again.
    if (failure.error === 'use_dpop_nonce') return;
    const { refusal, reason } = explanationOf(failure) ?? {};
    const about = {
      method: ctx.method,
      // The id of an interaction is its browser's.
      path: ctx.path.replace(/^(\/interaction\/).*/, '$1…').slice(0, 100),
      client_id: ctx.oidc?.client?.clientId.slice(0, 100),
      error: failure.error ?? 'invalid_request',
      refusal,
      reason: (reason ?? failure.error_description ?? failure.message ?? '').slice(0, longest),
    };
    const [latest] = list;
    const { at: _, times = 0, ...before } = { ...latest };
    const again = isDeepStrictEqual(before, about);
    list.splice(0, again ? 1 : 0, { at: new Date(), ...about, times: again ? times + 1 : 1 });
    list.splice(most);
  }
  return {
    list,
    watch(provider) {
      for (const event of refusalEvents) {
        (provider as NodeJS.EventEmitter).on(event, (one: object, other: object) => {
          // Core hands over the context first, Koa the error.
          const [ctx, error] = one instanceof Error ? [other, one] : [one, other];
          note(ctx as KoaContextWithOIDC, error);
        });
      }
    },
  };
}
