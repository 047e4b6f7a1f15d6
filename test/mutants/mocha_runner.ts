import { readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import {
  INSTRUMENTER_CONSTANTS,
  type InstrumenterContext,
  type MutantCoverage,
  type StrykerOptions,
} from '@stryker-mutator/api/core';
import type { Logger } from '@stryker-mutator/api/logging';
import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import {
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestResult,
  type TestRunner,
  TestStatus,
} from '@stryker-mutator/api/test-runner';
import Mocha from 'mocha';

import { Again } from './again.ts';
import { NamedReporter } from './named_reporter.ts';

/** Where the instrumented code looks which fault is put in, and counts what it passes. */
const faults: InstrumenterContext = Object.assign(globalThis, { [INSTRUMENTER_CONSTANTS.NAMESPACE]: {} })[
  INSTRUMENTER_CONSTANTS.NAMESPACE
];
const variable = INSTRUMENTER_CONSTANTS.ACTIVE_MUTANT_ENV_VARIABLE;

/** Kept for the processes that come after the first, which do not measure. */
const measured = 'took.json';

interface Failure {
  readonly test: string;
  readonly message: string;
  /** It took too long, and may go on behind the next tests. */
  readonly isLate: boolean;
}

/**
 * Has Stryker's faults tried by Mocha, in a process that loads the tests once and runs them again for every fault.
 * Stryker's own runner for Mocha needs an inside of it that version 12 has no more, and one for TAP starts a process for each file and fault.
 *
 * A fault is found when a test fails with it and passes without it right after; otherwise the process is no longer what it was,
 * and Stryker is told to start another.
 */
export class MochaRunner implements TestRunner {
  static inject = tokens(commonTokens.options, commonTokens.logger);
  readonly #files: readonly string[];
  readonly #log: Logger;
  readonly #milliseconds: number;
  /** The tests that found faults in a file, the last first. */
  readonly #found = new Map<string, string[]>();
  #again: Again | undefined;
  #isSpent = false;

  constructor(options: StrykerOptions, log: Logger) {
    this.#log = log;
    this.#files = options.mochaFiles as string[];
    this.#milliseconds = options.mochaMilliseconds as number;
  }

  /** No fault is active while modules load (`ignoreStatic`), so there is nothing to load again. */
  capabilities(): { reloadEnvironment: boolean } {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    // Whatever is thrown after a run has ended is nobody's.
    process.on('uncaughtException', () => {});
    await import(pathToFileURL(resolve('test/support/mocha.ts')).href);
    const mocha = new Mocha({ timeout: 60_000, reporter: class {} as never });
    for (const file of this.#files) mocha.addFile(resolve(file));
    await mocha.loadFilesAsync();
    this.#again = new Again(mocha, process.cwd());
    try {
      const [took, hooks]: [string, number][][] = JSON.parse(readFileSync(measured, 'utf8'));
      for (const [name, ms] of took ?? []) this.#again.took.set(name, ms);
      for (const [file, ms] of hooks ?? []) this.#again.hooks.set(file, ms);
    } catch {}
  }

  get #tests(): Again {
    if (!this.#again) throw new Error('init() was not called');
    return this.#again;
  }

  async dryRun(): Promise<DryRunResult> {
    const again = this.#tests;
    const results: TestResult[] = [];
    await again.run(undefined, (runner) => {
      this.#attribute(runner);
      runner.on('hook end', (hook) => {
        const ms = hook.duration ?? 0;
        again.took.set(again.nameOf(hook), ms);
        again.hooks.set(`${hook.file}`, (again.hooks.get(`${hook.file}`) ?? 0) + ms);
      });
      runner.on('pass', (test) => {
        const [id, timeSpentMs] = [again.nameOf(test), test.duration ?? 0];
        again.took.set(id, timeSpentMs);
        results.push({ id, name: id, timeSpentMs, fileName: test.file as string, status: TestStatus.Success });
      });
      runner.on('fail', (test, error) =>
        this.#log.warn(`not asked, for it fails already: ${test.fullTitle()}: ${error?.stack}`),
      );
    });
    writeFileSync(measured, JSON.stringify([[...again.took], [...again.hooks]]));
    return { status: DryRunStatus.Complete, tests: results, mutantCoverage: this.#coverage() };
  }

  /** Says whose doing it is what the code passes: a test's, or a suite's that prepares or ends something for its tests. */
  #attribute(runner: Mocha.Runner): void {
    const begins = (name: string) => Object.assign(faults, { currentTestId: name });
    runner.on('test', (test) => begins(this.#tests.nameOf(test)));
    runner.on('hook', (hook) => {
      const names = this.#tests.namesIn(hook.parent as Mocha.Suite);
      const current = hook.ctx?.currentTest as Mocha.Test | undefined;
      if (hook.title.startsWith('"before all"')) begins(JSON.stringify(names));
      else if (hook.title.startsWith('"after all"')) begins(names.at(-1) ?? '');
      else if (current) begins(this.#tests.nameOf(current));
    });
  }

  /** What a suite prepares is passed by all of its tests. */
  #coverage(): MutantCoverage {
    const { static: loading, perTest } = faults.mutantCoverage ?? { static: {}, perTest: {} };
    const all: MutantCoverage['perTest'] = {};
    for (const [whose, passed] of Object.entries(perTest)) {
      for (const test of this.#tests.tests.has(whose) ? [whose] : (JSON.parse(whose) as string[])) {
        const counts = all[test] ?? {};
        for (const [mutant, count] of Object.entries(passed)) counts[mutant] = (counts[mutant] ?? 0) + count;
        all[test] = counts;
      }
    }
    return { static: loading, perTest: all };
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { activeMutant, hitLimit: ample, testFilter, sandboxFileName } = options;
    if (this.#isSpent) throw new Error('a test still runs that took too long');
    // Stryker's is a hundred times of what all tests pass, which takes a loop without an end a minute.
    const hitLimit = ample && Math.ceil(ample / 20) + 1_000;
    const covering = new Set(testFilter ?? this.#tests.tests.keys());
    const { id, fileName } = activeMutant;
    for (const asked of [this.#likely(fileName, covering), this.#affordable(sandboxFileName, covering)]) {
      if (asked.size === 0) continue;
      const tried = await this.#try(asked, id, hitLimit);
      if (tried.limit) return { ...tried.limit, status: MutantRunStatus.Timeout };
      if (tried.failure?.isLate) {
        this.#isSpent = true;
        return { status: MutantRunStatus.Timeout, reason: tried.failure.message };
      }
      const failure = tried.failure && (await this.#confirmed(tried.failure, id, hitLimit));
      if (!failure) continue;
      this.#found.set(fileName, [
        failure.test,
        ...(this.#found.get(fileName) ?? []).filter((name) => name !== failure.test),
      ]);
      const { test, message } = failure;
      return { status: MutantRunStatus.Killed, killedBy: [test], failureMessage: message, nrOfTests: tried.tests };
    }
    return { status: MutantRunStatus.Survived, nrOfTests: covering.size };
  }

  /** The tests that found the last faults in a file: they often find the next one. */
  #likely(file: string, covering: ReadonlySet<string>): Set<string> {
    const likely = (this.#found.get(file) ?? []).filter((name) => covering.has(name)).slice(0, 3);
    return new Set(this.#tests.cost(covering) > 500 ? likely : []);
  }

  /** All of the tests that stand where the file does, then as many others, from the quickest file on, as the time for one fault allows. */
  #affordable(file: string, covering: ReadonlySet<string>): ReadonlySet<string> {
    const tests = this.#tests;
    const own = relative(process.cwd(), file)
      .replace(/^lib\//, 'test/')
      .replace(/\.ts$/, '.test.ts');
    const files = Map.groupBy(covering, (name) => `${tests.tests.get(name)?.file}`);
    const isOwn = (file: string) => relative(process.cwd(), file) === own;
    const chosen = [...files].flatMap(([file, names]) => (isOwn(file) ? names : []));
    const others = [...files].flatMap(([file, names]) => (isOwn(file) ? [] : [names]));
    let left = this.#milliseconds;
    for (const name of others.toSorted((one, other) => tests.cost(one) - tests.cost(other)).flat()) {
      left -= tests.took.get(name) ?? 0;
      if (left < 0 && chosen.length > 0) break;
      chosen.push(name);
    }
    return new Set(chosen);
  }

  /** The failure, if it is the fault's: the test passes without it. A test may need those before it in its file. */
  async #confirmed(failure: Failure, fault: string, hitLimit?: number): Promise<Failure | undefined> {
    if (!(await this.#try(new Set([failure.test]))).failure) return failure;
    const before = this.#tests.before(failure.test);
    const again = await this.#try(before, fault, hitLimit);
    const without = again.failure && (await this.#try(before)).failure;
    if (without) throw new Error(`fails without a fault: ${without.test}: ${without.message}`);
    return again.failure;
  }

  /** Runs these tests with a fault, or with none. */
  async #try(wanted: ReadonlySet<string>, fault?: string, hitLimit?: number) {
    const again = this.#tests;
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

  async dispose(): Promise<void> {
    const { mochaGlobalTeardown } = await import(pathToFileURL(resolve('test/support/mocha.ts')).href);
    await mochaGlobalTeardown();
  }
}

export const strykerPlugins = [
  declareClassPlugin(PluginKind.Reporter, 'named', NamedReporter),
  declareClassPlugin(PluginKind.TestRunner, 'mocha-again', MochaRunner),
];
export const strykerValidationSchema = {
  properties: { mochaFiles: { type: 'array', items: { type: 'string' } }, mochaMilliseconds: { type: 'number' } },
};
