import { Readable } from 'node:stream';

// A process that has loaded a program once and runs one command line after the other: loading it takes longer than most of them do.

export interface Asked {
  /** A module with `runCommandLine(argv)`, which sets the exit code of the process. */
  readonly program: string;
  readonly args: readonly string[];
  readonly input: string;
}

/** Ends one command line where the program would end its process. */
class Ended extends Error {}

process.exit = (code) => {
  process.exitCode = code;
  throw new Ended();
};

process.on('message', async ({ program, args, input }: Asked) => {
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
  process.argv = ['node', program, ...args];
  await import(program)
    .then(({ runCommandLine }) => runCommandLine(process.argv))
    .catch((error) => {
      if (!(error instanceof Ended)) throw error;
    });
  process.send?.({ code: process.exitCode ?? 0, ...printed });
});
