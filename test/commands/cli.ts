import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

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
    for (;;) {
      const found = pattern.exec(this.stdout);
      if (found) return found[1] ?? found[0];
      const ended = once(this.process, 'close').then(() => {
        throw new Error(`ended without printing ${pattern}\n${this.stdout}\n${this.stderr}`);
      });
      await Promise.race([once(this.process.stdout, 'data'), ended]);
    }
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

/** Runs a command to its end. */
export async function run(
  args: readonly string[],
  { input = '', env = {} }: { input?: string | Buffer; env?: NodeJS.ProcessEnv } = {},
): Promise<Finished> {
  const running = new Running(args, env);
  running.process.stdin.end(input);
  return running.ends();
}

/** A server of the development configuration, in memory, on ports nobody else has. */
export const anywhere = ['--set', 'listen.port=0', '--set', 'mtls.port=0', '--set', 'database.url=pglite:'];
