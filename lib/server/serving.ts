import type { RequestListener } from 'node:http';

import { hashing } from '../accounts/hashing.ts';
import type { Config } from '../config/load.ts';
import type { Keys } from '../keys/keys.ts';
import { log } from '../log.ts';
import { retentionFor } from '../store/models.ts';
import { tellAbsent } from './absent_clients.ts';
import { type Assembled, assemble, type Shared } from './assembled.ts';
import { endChanged } from './open_accounts.ts';
import { otherNonces } from './other_nonces.ts';
import { RequestBounds } from './request_bounds.ts';
import type { RequestRates } from './request_rates.ts';

/** The parts of a provider that a reload makes anew. */
export interface Change {
  readonly config?: Config;
  readonly keys?: Keys;
}

/**
 * Holds the provider that takes requests now. A change makes a second provider beside it, which takes new requests once
 * it is there. Requests under way end on the one they began on, since all state is in the database.
 */
export class Serving {
  readonly #shared: Shared;
  #now: Assembled;
  #changes: Promise<unknown> = Promise.resolve();
  readonly #bounds = new RequestBounds();
  #stopSharing: () => void;
  #takeOther: ReturnType<typeof otherNonces>;

  private constructor(shared: Shared, first: Assembled) {
    this.#shared = shared;
    this.#now = first;
    this.#stopSharing = this.#share(first.rates);
    this.#takeOther = this.#others(first);
  }

  /**
   * Makes the first provider.
   *
   * @throws {ConfigError} when the configuration is outside its profile.
   */
  static async begin(config: Config, keys: Keys, shared: Shared): Promise<Serving> {
    const first = await assemble(config, keys, shared);
    if (first.listed) await endChanged(shared.adapter, first.listed);
    await tellAbsent(config, first.provider);
    return new Serving(shared, first);
  }

  get now(): Assembled {
    return this.#now;
  }

  /** Takes every request of the listeners. */
  readonly handler: RequestListener = (request, response) => {
    const { handler, config } = this.#now;
    if (this.#bounds.refuse(request, response, config.limits)) return;
    if (!this.#takeOther(request, response, handler)) handler(request, response);
  };

  /**
   * Makes the provider anew; one change after the other.
   *
   * @param ready asked once the provider is there, before it takes requests: what it throws leaves the old one in place.
   * @throws {ConfigError} when the configuration is outside its profile; the old provider goes on.
   */
  change(change: Change, ready: () => Promise<void> = async () => {}): Promise<void> {
    const changed = this.#changes.then(async () => {
      const { config, keys } = { ...this.#now, ...change };
      const next = await assemble(config, keys, this.#shared, this.#now);
      await ready();
      this.#take(next);
      // Now that nobody logs in with an old password any more; where it fails, the next start does it.
      if (next.listed) await endChanged(this.#shared.adapter, next.listed).catch(tellUnended);
      await tellAbsent(config, next.provider);
    });
    this.#changes = changed.catch(() => {});
    return changed;
  }

  /** Ends what goes on in the background, after the change under way. */
  async close(): Promise<void> {
    await this.#changes;
    await this.#stopSharing();
  }

  #take(next: Assembled): void {
    if (next.rates !== this.#now.rates) {
      this.#stopSharing();
      this.#stopSharing = this.#share(next.rates);
    }
    hashing.limit(next.config.limits.passwords);
    this.#shared.adapter.store.retention = retentionFor(next.config.ttl);
    this.#takeOther = this.#others(next);
    this.#now = next;
  }

  #others(now: Assembled): ReturnType<typeof otherNonces> {
    return otherNonces(now.keys, async (dpopNonce) => {
      const { handler } = await assemble(now.config, { ...now.keys, dpopNonce }, this.#shared, now);
      return handler;
    });
  }

  #share(rates: RequestRates): () => void {
    return rates.share((keyPrefix, points) => this.#shared.limiter({ keyPrefix, points, duration: 60 }));
  }
}

const tellUnended = (error: Error) =>
  log.error({ reason: error.message }, 'what people hold whose password has changed could not be ended');
