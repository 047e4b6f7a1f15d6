interface Count {
  /** Milliseconds since the epoch at which the count is forgotten. */
  readonly ends: number;
  points: number;
  /** The part of it that the other processes have not been told of yet. */
  fresh: number;
  /** Set when the others together have reached the limit. */
  blocked: boolean;
}

/** Counts for all processes; throws what a limiter of rate-limiter-flexible throws when there are too many. */
export interface SharedCounts {
  consume(key: string, points?: number): Promise<unknown>;
}

export interface RateOptions {
  /** How many in a minute. */
  readonly points: number;
  /** Keys that are remembered; the oldest is forgotten for another one. */
  readonly most?: number;
  readonly now?: () => number;
}

const minute = 60_000;
/** Counts that are told to the database at a time. */
const told = 100;

const isLimit = (error: unknown): boolean => typeof (error as { msBeforeNext?: unknown }).msBeforeNext === 'number';

/**
 * Counts by key within a minute, in the memory of this process, so that nothing waits for it; what was counted is told to
 * the other processes now and then. Its memory is bounded, whatever keys come.
 */
export class Rate {
  readonly #counts = new Map<string, Count>();
  readonly #points: number;
  readonly #most: number;
  readonly #now: () => number;

  constructor({ points, most = 10_000, now = Date.now }: RateOptions) {
    this.#points = points;
    this.#most = most;
    this.#now = now;
  }

  get size(): number {
    return this.#counts.size;
  }

  /** Seconds until the key may go on; `undefined` when it may now. Counts nothing. */
  wait(key: string): number | undefined {
    const count = this.#counts.get(key);
    if (!count || count.ends <= this.#now()) return undefined;
    return count.blocked || count.points >= this.#points ? Math.ceil((count.ends - this.#now()) / 1000) : undefined;
  }

  /**
   * Counts one.
   *
   * @returns seconds to wait, when there are too many already
   */
  take(key: string): number | undefined {
    const wait = this.wait(key);
    if (wait !== undefined) return wait;
    let count = this.#counts.get(key);
    if (!count || count.ends <= this.#now()) {
      this.#counts.delete(key);
      count = { ends: this.#now() + minute, points: 0, fresh: 0, blocked: false };
      this.#counts.set(key, count);
      const [oldest] = this.#counts.keys();
      if (this.#counts.size > this.#most && oldest !== undefined) this.#counts.delete(oldest);
    }
    count.points += 1;
    count.fresh += 1;
    return undefined;
  }

  /** Tells the others what was counted since, and learns whether all together are too many. */
  async share(others: SharedCounts): Promise<void> {
    const fresh = [...this.#counts].filter(([, { fresh }]) => fresh > 0).sort((a, b) => b[1].fresh - a[1].fresh);
    for (const [key, count] of fresh.slice(0, told)) {
      const points = count.fresh;
      count.fresh = 0;
      try {
        await others.consume(key, points);
      } catch (error) {
        if (!isLimit(error)) return; // the database is away: each process counts for itself
        count.blocked = true;
      }
    }
  }
}
