import { type ChildProcess, fork } from 'node:child_process';
import cluster from 'node:cluster';
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';

import { ended } from '../support/ended.ts';
import { processorTime } from './processor_time.ts';

interface Call {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** A process of its own, so that its processor time is its own, called by messages. */
export class Child {
  readonly process: ChildProcess;
  #calls = 0;
  /** The last of what it wrote to standard error, shown when it ends before it has answered. */
  #said = '';
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();

  constructor(file: URL) {
    this.process = fork(file, {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-4000);
    });
    this.process.on('message', (message) => this.#settle(message as Answer));
    this.process.on('exit', (code, signal) =>
      this.#lost(new Error(`${file.pathname} ended: ${signal ?? code}\n${this.#said}`)),
    );
  }

  call<T>(method: string, argument?: unknown): Promise<T> {
    const id = ++this.#calls;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    this.process.send({ id, method, argument }, (error) => error && reject(error));
    return promise as Promise<T>;
  }

  /** Milliseconds of processor time it has used. */
  usage(): Promise<number> {
    return this.call('usage');
  }

  async kill(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await ended(this.process, signal);
  }

  #settle({ id, value, error }: Answer): void {
    const call = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) call?.resolve(value);
    else call?.reject(new Error(error));
  }

  #lost(error: Error): void {
    for (const call of this.#waiting.values()) call.reject(error);
    this.#waiting.clear();
  }
}

/** The child's side: answers calls with these methods, and for its processor time, until the parent lets go. */
export function answer(methods: Record<string, (argument: never) => unknown>): void {
  // An exit, unlike the end by a signal, tidies up.
  for (const end of ['disconnect', 'SIGTERM']) process.on(end, () => process.exit());
  const usage = () => {
    const { user, system } = process.cpuUsage();
    const workers = Object.values(cluster.workers ?? {}).map((worker) => processorTime(worker?.process.pid ?? 0));
    return (user + system) / 1000 + workers.reduce((sum, ms) => sum + ms, 0);
  };
  const known: typeof methods = { usage, profile, ...methods };
  process.on('message', async ({ id, method, argument }: Call) => {
    const answered = await (async () => known[method]?.(argument as never))().then(
      (value): Answer => ({ id, value }),
      (error): Answer => ({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
    process.send?.(answered);
  });
}

const inspector = new Session();

/** Begins to sample where the time goes; given a file, ends, and writes there what Chromium's developer tools open. */
async function profile(file?: string): Promise<void> {
  if (file === undefined) {
    inspector.connect();
    await inspector.post('Profiler.enable');
    await inspector.post('Profiler.setSamplingInterval', { interval: 250 });
    await inspector.post('Profiler.start');
    return;
  }
  const { profile } = await inspector.post('Profiler.stop');
  await writeFile(file, JSON.stringify(profile));
  inspector.disconnect();
}
