import { type ChildProcess, type ChildProcessWithoutNullStreams, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { Asked } from './warm.ts';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of its own, and what it prints. */
export class Program {
  readonly process: ChildProcessWithoutNullStreams;
  stdout = '';
  stderr = '';

  constructor(file: string, env: NodeJS.ProcessEnv = {}, args: readonly string[] = []) {
    this.process = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...args], {
      env: { ...process.env, ...env },
    });
    this.process.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.process.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
  }

  /** The first group of what it prints, as soon as it has. */
  prints(pattern: RegExp): Promise<string> {
    return this.#said('stdout', pattern);
  }

  /** The first group of what it writes to standard error, as soon as it has. */
  complains(pattern: RegExp): Promise<string> {
    return this.#said('stderr', pattern);
  }

  async #said(where: 'stdout' | 'stderr', pattern: RegExp): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const look = () => {
      const found = pattern.exec(this[where]);
      if (found) resolve(found[1] ?? found[0]);
    };
    const end = () => reject(new Error(`ended without printing ${pattern}\n${this.stdout}\n${this.stderr}`));
    this.process[where].on('data', look);
    this.process.once('close', end);
    look();
    return promise.finally(() => {
      this.process[where].off('data', look);
      this.process.off('close', end);
    });
  }

  async ends(): Promise<Finished> {
    const { exitCode } = this.process;
    const code = exitCode ?? (await once(this.process, 'close'))[0];
    return { code, stdout: this.stdout, stderr: this.stderr };
  }
}

interface Told {
  readonly input?: string | Buffer;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program to its end, in a process of its own. */
export async function runAlone(
  file: string,
  args: readonly string[],
  { input = '', env = {} }: Told = {},
): Promise<Finished> {
  const program = new Program(file, env, args);
  program.process.stdin.end(input);
  return program.ends();
}

let warm: ChildProcess | undefined;
let isBusy = false;

/** A process that waits for commands, as long as the tests run. */
function warmed(): ChildProcess {
  if (warm?.connected) return warm;
  warm = fork(join(import.meta.dirname, 'warm.ts'), { execArgv: ['--disable-warning=ExperimentalWarning'] });
  warm.unref();
  return warm;
}

/**
 * Runs a program to its end, in a process that has it loaded already, which saves a second each; beside another one in a
 * process of its own.
 *
 * @param module its `runCommandLine(argv)` is called.
 * @param file the program as it is started by itself.
 */
export async function runWarm(
  { module, file }: { readonly module: string; readonly file: string },
  args: readonly string[],
  input: string | Buffer = '',
): Promise<Finished> {
  if (isBusy) return runAlone(file, args, { input });
  isBusy = true;
  const running = warmed();
  running.channel?.ref();
  try {
    const asked: Asked = { program: module, args, input: Buffer.from(input).toString('base64') };
    running.send(asked);
    const ended = new AbortController();
    const [finished] = await Promise.race([
      once(running, 'message', ended),
      once(running, 'exit', ended).then(([code]) => {
        throw new Error(`ended with ${code} in the middle of ${args.join(' ')}`);
      }),
    ]).finally(() => ended.abort());
    return finished as Finished;
  } finally {
    running.channel?.unref();
    isBusy = false;
  }
}
