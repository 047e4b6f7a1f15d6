import { type ChildProcess, type ChildProcessWithoutNullStreams, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { Asked } from './warm.ts';

const cli = join(import.meta.dirname, '../../lib/cli.ts');
export const development = join(import.meta.dirname, '../../config/development.yaml');

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program of its own, and what it prints. */
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
  async prints(pattern: RegExp): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const look = () => {
      const found = pattern.exec(this.stdout);
      if (found) resolve(found[1] ?? found[0]);
    };
    const end = () => reject(new Error(`ended without printing ${pattern}\n${this.stdout}\n${this.stderr}`));
    this.process.stdout.on('data', look);
    this.process.once('close', end);
    look();
    return promise.finally(() => {
      this.process.stdout.off('data', look);
      this.process.off('close', end);
    });
  }

  async ends(): Promise<Finished> {
    const { exitCode } = this.process;
    const code = exitCode ?? (await once(this.process, 'close'))[0];
    return { code, stdout: this.stdout, stderr: this.stderr };
  }
}

/** The program, as an operator runs it. */
export class Running extends Program {
  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    super(cli, env, args);
  }
}

/** Runs a command to its end, in a process of its own. */
async function runAlone(args: readonly string[], input: string | Buffer, env: NodeJS.ProcessEnv): Promise<Finished> {
  const running = new Running(args, env);
  running.process.stdin.end(input);
  return running.ends();
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
 * Runs a command to its end: in a process that has the program loaded, which saves a second each; in one of its own beside
 * another command, with an environment of its own, or for a server.
 */
export async function run(
  args: readonly string[],
  { input = '', env }: { input?: string | Buffer; env?: NodeJS.ProcessEnv } = {},
): Promise<Finished> {
  if (isBusy || env || args[0] === 'serve') return runAlone(args, input, env ?? {});
  isBusy = true;
  const program = warmed();
  program.channel?.ref();
  try {
    const asked: Asked = { args, input: Buffer.from(input).toString('base64') };
    program.send(asked);
    const ended = new AbortController();
    const [finished] = await Promise.race([
      once(program, 'message', ended),
      once(program, 'exit', ended).then(([code]) => {
        throw new Error(`ended with ${code} in the middle of ${args.join(' ')}`);
      }),
    ]).finally(() => ended.abort());
    return finished as Finished;
  } finally {
    program.channel?.unref();
    isBusy = false;
  }
}

/** A server of the development configuration, in memory, on ports nobody else has. */
export const anywhere = ['--set', 'listen.port=0', '--set', 'mtls.port=0', '--set', 'database.url=pglite:'];
