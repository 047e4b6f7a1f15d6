import { Readable } from 'node:stream';

import { runCommandLine } from '../../lib/command_line.ts';

// A process that has loaded the program once and runs one command line after the other: loading it takes longer than most of them do.

export interface Asked {
  readonly args: readonly string[];
  readonly input: string;
}

process.on('message', async ({ args, input }: Asked) => {
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    process[name].write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
      printed[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      const done = rest.at(-1);
      if (typeof done === 'function') done();
      return true;
    };
  }
  const stdin = Readable.from(input === '' ? [] : [Buffer.from(input, 'base64')]);
  Object.defineProperty(process, 'stdin', { configurable: true, get: () => stdin });
  process.exitCode = undefined;
  await runCommandLine(['node', 'cli.ts', ...args]);
  process.send?.({ code: process.exitCode ?? 0, ...printed });
});
