import { INSTRUMENTER_CONSTANTS, type InstrumenterContext, type MutantCoverage } from '@stryker-mutator/api/core';
import { determineHitLimitReached } from '@stryker-mutator/api/test-runner';
import type Mocha from 'mocha';

import type { Again } from './again.ts';

/** Where the instrumented code looks which fault is put in, and counts what it passes. */
const faults: InstrumenterContext = Object.assign(globalThis, { [INSTRUMENTER_CONSTANTS.NAMESPACE]: {} })[
  INSTRUMENTER_CONSTANTS.NAMESPACE
];
const variable = INSTRUMENTER_CONSTANTS.ACTIVE_MUTANT_ENV_VARIABLE;

export interface Failure {
  readonly test: string;
  readonly message: string;
  /** It took too long, and may go on behind the next tests. */
  readonly isLate: boolean;
}

/** Runs these tests with a fault, or with none. */
export async function attempt(again: Again, wanted: ReadonlySet<string>, fault?: string, hitLimit?: number) {
  let tests = 0;
  let current: string | undefined;
  let failure: Failure | undefined;
  Object.assign(faults, { activeMutant: fault, hitCount: hitLimit === undefined ? undefined : 0, hitLimit });
  // Programs that a test starts have the fault as well.
  if (fault !== undefined) process.env[variable] = fault;
  const limit = (runnable: Mocha.Runnable, name: string) => {
    if (runnable.timeout() > 0) runnable.timeout(Math.min(60_000, 5 * (again.took.get(name) ?? 2_000) + 5_000));
  };
  await again.run(wanted, (runner) => {
    runner.on('hook', (hook) => limit(hook, again.nameOf(hook)));
    runner.on('test', (test) => {
      tests += 1;
      current = again.nameOf(test);
      limit(test, current);
    });
    runner.on('fail', (runnable, error) => {
      const inSuite = runnable.parent ? again.namesIn(runnable.parent).filter((name) => wanted.has(name)) : [];
      const test = current && inSuite.includes(current) ? current : inSuite[0];
      failure ??= { test: test ?? '', message: `${error?.message}`, isLate: error?.code === 'ERR_MOCHA_TIMEOUT' };
    });
  });
  const counted = faults.hitCount;
  Object.assign(faults, { activeMutant: undefined, hitCount: undefined, hitLimit: undefined });
  delete process.env[variable];
  return { failure, tests, limit: determineHitLimitReached(counted, hitLimit) };
}

/** Says whose doing it is what the code passes: a test's, or a suite's that prepares or ends something for its tests. */
export function attribute(again: Again, runner: Mocha.Runner): void {
  const begins = (name: string) => Object.assign(faults, { currentTestId: name });
  runner.on('test', (test) => begins(again.nameOf(test)));
  runner.on('hook', (hook) => {
    const names = again.namesIn(hook.parent as Mocha.Suite);
    const current = hook.ctx?.currentTest as Mocha.Test | undefined;
    if (hook.title.startsWith('"before all"')) begins(JSON.stringify(names));
    else if (hook.title.startsWith('"after all"')) begins(names.at(-1) ?? '');
    else if (current) begins(again.nameOf(current));
  });
}

/** What a suite prepares is passed by all of its tests. */
export function coverage(again: Again): MutantCoverage {
  const { static: loading, perTest } = faults.mutantCoverage ?? { static: {}, perTest: {} };
  const all: MutantCoverage['perTest'] = {};
  for (const [whose, passed] of Object.entries(perTest)) {
    for (const test of again.tests.has(whose) ? [whose] : (JSON.parse(whose) as string[])) {
      const counts = all[test] ?? {};
      for (const [mutant, count] of Object.entries(passed)) counts[mutant] = (counts[mutant] ?? 0) + count;
      all[test] = counts;
    }
  }
  return { static: loading, perTest: all };
}
