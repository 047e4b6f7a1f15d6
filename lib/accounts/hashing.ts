import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

import type { Derivation, Derived } from './scrypt_worker.ts';

/** Limits of a pool of hashing threads. */
export interface HashingLimits {
  /** Derivations at the same time. Default: one processor less than there are, at most 4. */
  readonly threads?: number | undefined;
  /** Derivations that may wait, for each thread. Default 16, which is about two seconds. */
  readonly queue?: number | undefined;
}

/** Thrown instead of a derivation that would have to wait too long; nothing was compared. */
export class HashingBusy extends Error {
  override readonly name = 'HashingBusy';
  /** Seconds after which to try again. */
  readonly retryAfter = 2;

  constructor() {
    super('too many passwords are being compared');
  }
}

interface Job {
  readonly derivation: Derivation;
  readonly resolve: (key: Buffer) => void;
  readonly reject: (error: Error) => void;
}

const workerFile = new URL(`./scrypt_worker${extname(import.meta.url)}`, import.meta.url);

/**
 * Derives keys by scrypt in threads of its own. Node's asynchronous scrypt runs in libuv's four threads, which every
 * signature and every file of the process needs as well: four logins at a time would stop them all. Each thread does one
 * derivation after the other, so memory is bounded too; what would wait longer than the queue is refused.
 *
 * @see [RFC 7914 - The scrypt Password-Based Key Derivation Function](https://www.rfc-editor.org/rfc/rfc7914.html)
 */
export class Hashing {
  threads = 1;
  queue = 16;
  /** Derivations begun so far. */
  derivations = 0;
  /** Work of the derivations begun so far, as the sum of their N * r * p. */
  work = 0;
  /** The most derivations that were under way at one time. */
  busiest = 0;
  /** Derivations refused so far. */
  refused = 0;
  readonly #idle: Worker[] = [];
  readonly #busy = new Set<Worker>();
  readonly #waiting: Job[] = [];

  constructor(limits: HashingLimits = {}) {
    this.limit(limits);
  }

  /** Takes other limits; what is under way or waiting stays so. */
  limit({ threads = Math.max(1, Math.min(4, availableParallelism() - 1)), queue = 16 }: HashingLimits): void {
    this.threads = threads;
    this.queue = queue * threads;
  }

  /**
   * Derives a key.
   *
   * @throws {HashingBusy} when the queue is full.
   */
  derive(derivation: Derivation): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const job = { derivation, resolve, reject };
      if (this.#busy.size < this.threads) return this.#begin(job);
      if (this.#waiting.length < this.queue) return void this.#waiting.push(job);
      this.refused += 1;
      reject(new HashingBusy());
    });
  }

  /** Ends the threads; for tests, since idle threads keep no process alive. */
  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((worker) => worker.terminate()));
  }

  #begin({ derivation, resolve, reject }: Job): void {
    const worker = this.#idle.pop() ?? new Worker(workerFile, { execArgv: [], argv: [] });
    this.#busy.add(worker);
    this.derivations += 1;
    this.work += derivation.N * derivation.r * derivation.p;
    this.busiest = Math.max(this.busiest, this.#busy.size);
    worker.ref();
    const done = (keep: boolean, settle: () => void) => {
      for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
      // A process that has nothing else to do may end.
      worker.unref();
      this.#busy.delete(worker);
      if (keep) this.#idle.push(worker);
      settle();
      const next = this.#waiting.shift();
      if (next) this.#begin(next);
    };
    worker.once('message', (derived: Derived) =>
      done(true, () => ('key' in derived ? resolve(Buffer.from(derived.key)) : reject(new Error(derived.error)))),
    );
    worker.once('error', (error: Error) => done(false, () => reject(error)));
    worker.once('exit', () => done(false, () => reject(new Error('a hashing thread has ended'))));
    worker.postMessage(derivation);
  }
}

/** The pool of this process: several providers in it share what the machine has. */
export const hashing = new Hashing();
