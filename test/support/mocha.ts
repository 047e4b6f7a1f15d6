import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

import { endAll } from './at_end.ts';

// Loaded before the tests, in every process that runs some.

/** A program's own log is not printed beside what a test expects of it. */
process.env.LOG_LEVEL ??= 'silent';

/** Half of what starting a process costs is compiling; the processes that tests start share what one of them has compiled. */
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../../node_modules/.cache/compiled');
enableCompileCache(process.env.NODE_COMPILE_CACHE);

/** Files that run beside one another share one Postgres; one that runs alone starts it when it needs it. */
export async function mochaGlobalSetup(this: { isParallelMode(): boolean }): Promise<void> {
  if (this.isParallelMode()) await import('./postgres.ts').then(({ shareDatabases }) => shareDatabases());
}

export const mochaGlobalTeardown = endAll;
