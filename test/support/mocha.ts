import { mkdtemp, rm } from 'node:fs/promises';
import { enableCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { atEnd, endAll } from './at_end.ts';
import { titlesTwice } from './titles.ts';

// Loaded before the tests, in every process that runs some.

/** A program's own log is not printed beside what a test expects of it. */
process.env.LOG_LEVEL ??= 'silent';

/** Half of what starting a process costs is compiling; the processes that tests start share what one of them has compiled. */
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../../node_modules/.cache/compiled');
enableCompileCache(process.env.NODE_COMPILE_CACHE);

/** Files that run beside one another share one Postgres, and a folder for what one of them makes; one that runs alone makes what it needs. */
export async function mochaGlobalSetup(this: { isParallelMode(): boolean }): Promise<void> {
  if (!this.isParallelMode()) return;
  const folder = await mkdtemp(join(tmpdir(), 'tests-'));
  process.env.TEST_RUN = folder;
  atEnd(() => rm(folder, { recursive: true, force: true }));
  await import('./postgres.ts').then(({ shareDatabases }) => shareDatabases());
}

export const mochaHooks = {
  beforeAll(this: Mocha.Context) {
    const twice = titlesTwice(this.test?.parent);
    if (twice.length > 0)
      throw new Error(`titles that stand twice, so that nobody knows which failed: ${twice.join('; ')}`);
  },
};

export const mochaGlobalTeardown = endAll;
