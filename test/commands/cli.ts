import { join } from 'node:path';

import { type Finished, Program, runAlone, runWarm } from '../support/program.ts';

const lib = join(import.meta.dirname, '../../lib');
const cli = join(lib, 'cli.ts');
export const development = join(import.meta.dirname, '../../config/development.yaml');

/** The program, as an operator runs it. */
export class Running extends Program {
  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    super(cli, env, args);
  }
}

/**
 * Runs a command to its end: in a warm process, or in one of its own with an environment of its own, and where the end of the
 * process is what is tried.
 */
export function run(
  args: readonly string[],
  { input = '', env, alone = false }: { input?: string | Buffer; env?: NodeJS.ProcessEnv; alone?: boolean } = {},
): Promise<Finished> {
  if (env || alone) return runAlone(cli, args, { input, env: env ?? {} });
  return runWarm({ module: join(lib, 'command_line.ts'), file: cli }, args, input);
}

/** A server of the development configuration, in memory, on ports nobody else has. */
export const anywhere = ['--set', 'listen.port=0', '--set', 'mtls.port=0', '--set', 'database.url=pglite:'];
