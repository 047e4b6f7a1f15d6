import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import type { Config } from '../config/load.ts';
import { log } from '../log.ts';
import { answerMetrics } from '../management/worker_metrics.ts';
import type { RunningServer } from './server.ts';

/** The addresses of a server, as one process tells another. */
export type Reached = Pick<RunningServer, 'url' | 'mtlsUrl' | 'managementUrl' | 'certificate'>;

interface Told {
  readonly type: 'serving';
  readonly reached: Reached;
}

const stop = { type: 'stop' } as const;

/** Milliseconds before a worker that died is replaced: doubled each time, until one has lived for a while. */
const soon = 250;
const late = 30_000;
const while_ = 60_000;
/** Milliseconds that workers have to end in, beyond `shutdown.delay`. */
const longest = 20_000;

/** Processes that serve, as the file says. */
export const workersOf = ({ workers }: Pick<Config, 'workers'>): number =>
  workers === 'auto' ? availableParallelism() : workers;

/** Tells the primary that this worker serves, where there is one. No key is told. */
export function tellPrimary({ url, mtlsUrl, managementUrl, certificate }: RunningServer): void {
  const { authority, trustStore } = certificate ?? {};
  const made = certificate && { authority, trustStore };
  process.send?.({ type: 'serving', reached: { url, mtlsUrl, managementUrl, certificate: made } });
}

/** Resolves when the primary says that this worker is to stop. */
export async function toldToStop(signal: AbortSignal): Promise<void> {
  for (;;) {
    const [message] = await once(process, 'message', { signal });
    if ((message as { type?: string } | null)?.type === stop.type) return;
  }
}

/**
 * The workers of one start: processes that share the listeners. A worker that dies is replaced. The others do not
 * notice, since everything that requests have in common is in the database.
 */
export class Workers {
  readonly #count: number;
  readonly #live = new Set<Worker>();
  readonly #stopping = new AbortController();
  #failures = 0;

  constructor(count: number) {
    this.#count = count;
  }

  /**
   * Starts the first worker, and when it serves, the others: what keeps a server from starting is told once.
   *
   * @returns where they are reached, or the exit code of the worker that did not start.
   */
  async start(): Promise<Reached | { readonly code: number }> {
    answerMetrics();
    const first = await this.#begin();
    if ('code' in first) return first;
    const others = await Promise.all(Array.from({ length: this.#count - 1 }, () => this.#begin()));
    return others.find((other) => 'code' in other) ?? first;
  }

  /** Has every worker read its files again. */
  reload(): void {
    for (const { process } of this.#live) process.kill('SIGHUP');
  }

  /**
   * Has every worker answer what is under way and end.
   *
   * @param within milliseconds after which they are killed
   */
  async stop(within: number): Promise<void> {
    this.#stopping.abort();
    const ended = [...this.#live].map((worker) => {
      if (worker.isConnected()) worker.send(stop);
      return once(worker, 'exit');
    });
    const inTime = new AbortController();
    const kill = delay(within + longest, undefined, { signal: inTime.signal }).then(
      () => {
        for (const { process } of this.#live) process.kill('SIGKILL');
      },
      () => {},
    );
    await Promise.all(ended);
    inTime.abort();
    await kill;
  }

  /** Resolves when the worker serves, or has ended before. */
  #begin(): Promise<Reached | { readonly code: number }> {
    const worker = cluster.fork();
    const began = performance.now();
    let serves = false;
    this.#live.add(worker);
    return new Promise((resolve) => {
      worker.on('message', (message: Told) => {
        if (message?.type !== 'serving') return;
        serves = true;
        // What is said before somebody listens is lost.
        if (this.#stopping.signal.aborted) worker.send(stop);
        resolve(message.reached);
      });
      worker.once('exit', (code: number | null, signal: string | null) => {
        this.#live.delete(worker);
        resolve({ code: code || 1 });
        if (performance.now() - began > while_) this.#failures = 0;
        if (serves) void this.#replace(worker, code, signal);
      });
    });
  }

  async #replace({ process: { pid } }: Worker, code: number | null, signal: string | null): Promise<void> {
    for (let ended: object = { pid, code, signal }; !this.#stopping.signal.aborted; ) {
      const wait = Math.min(late, soon * 2 ** this.#failures);
      this.#failures += 1;
      log.error({ ...ended, wait }, 'a worker has ended and is replaced');
      await delay(wait, undefined, { signal: this.#stopping.signal }).catch(() => {});
      if (this.#stopping.signal.aborted) return;
      const begun = await this.#begin();
      if (!('code' in begun)) return;
      ended = begun;
    }
  }
}
