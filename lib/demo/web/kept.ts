import { randomBytes } from 'node:crypto';

export interface KeptOptions {
  /** The number of values that are kept; when there is one more, the oldest goes. */
  readonly most: number;
  /** Seconds for which a value is kept after it was last asked for. */
  readonly idle: number;
  /** Seconds for which a value is kept at most. */
  readonly longest: number;
}

interface Entry<Value> {
  readonly value: Value;
  readonly end: number;
  until: number;
}

/** A name nobody can guess: 256 bits. */
export const randomName = (): string => randomBytes(32).toString('base64url');

/** Values in the memory of this process, each under a name nobody can guess and for a limited time. */
export class Kept<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #options: KeptOptions;

  constructor(options: KeptOptions) {
    this.#options = options;
  }

  put(name: string, value: Value): void {
    const { most, idle, longest } = this.#options;
    const now = Date.now();
    this.#entries.set(name, { value, end: now + longest * 1000, until: now + idle * 1000 });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= most) break;
      this.#entries.delete(oldest);
    }
  }

  get(name: string | undefined): Value | undefined {
    const entry = this.#entries.get(name ?? '');
    const now = Date.now();
    if (!entry || now > Math.min(entry.until, entry.end)) return void this.#entries.delete(name ?? '');
    entry.until = now + this.#options.idle * 1000;
    return entry.value;
  }

  /** Gives the value away: who asks again gets none. */
  take(name: string | undefined): Value | undefined {
    const value = this.get(name);
    this.#entries.delete(name ?? '');
    return value;
  }
}
