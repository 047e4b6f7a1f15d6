import type { ClauseId } from '../../clause.ts';
import { accessTokenKinds, lifetimeOf } from '../access_token.ts';
import type { Compose } from '../hooks.ts';
import type { Mechanism } from '../mechanism.ts';

/** Seconds an ecosystem’s access tokens are good for. */
export interface LifetimeBounds {
  readonly least?: number;
  readonly most: number;
}

const lifetime =
  <F extends (ctx: never, token: never, client: never) => number>(
    kind: (typeof accessTokenKinds)[number],
    { least = 1, most }: LifetimeBounds,
  ): Compose<F> =>
  (theirs, { ttl }) =>
    ((ctx: never, token: never, client: never) => {
      const asked = theirs ? theirs(ctx, token, client) : (lifetimeOf(token) ?? Number(ttl?.[kind]));
      return Math.max(Math.min(asked, most), least);
    }) as F;

/**
 * Keeps the lifetime of access tokens within an ecosystem's bounds, whatever the file, a resource or a function says.
 *
 * @param id the clause of the ecosystem that says so.
 * @param bounds seconds at most, and at least where the ecosystem says so.
 * @example
 * accessTokenLifetime('CID-SP-4.2-2', { most: 600 })
 */
export function accessTokenLifetime(id: ClauseId, bounds: LifetimeBounds): Mechanism {
  const { least = 1, most } = bounds;
  const words = bounds.least === undefined ? `at most ${most} seconds` : `from ${least} to ${most} seconds`;
  return {
    name: 'ecosystems/access_token_lifetime',
    clauses: [
      {
        id,
        text: `access tokens are good for ${words}`,
        *violated({ ttl }) {
          for (const kind of accessTokenKinds) {
            const seconds = ttl?.[kind];
            if (typeof seconds === 'function' || (Number(seconds) >= least && Number(seconds) <= most)) continue;
            yield { path: ['ttl', kind], text: `must be ${words}` };
          }
        },
      },
    ],
    hooks: {
      'ttl.AccessToken': lifetime('AccessToken', bounds),
      'ttl.ClientCredentials': lifetime('ClientCredentials', bounds),
    },
  };
}
