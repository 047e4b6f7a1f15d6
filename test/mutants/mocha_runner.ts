import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { StrykerOptions } from '@stryker-mutator/api/core';
import type { Logger } from '@stryker-mutator/api/logging';
import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import {
  type DryRunResult,
  DryRunStatus,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestResult,
  type TestRunner,
  TestStatus,
} from '@stryker-mutator/api/test-runner';
import Mocha from 'mocha';

import { Again } from './again.ts';
import { attempt, attribute, coverage, type Failure } from './attempt.ts';
import { Choice } from './choice.ts';
import { NamedReporter } from './named_reporter.ts';

/** Kept for the processes that come after the first, which do not measure. */
const measured = 'took.json';

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
  #again: Again | undefined;
  #choice: Choice | undefined;
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
      attribute(again, runner);
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
    return { status: DryRunStatus.Complete, tests: results, mutantCoverage: coverage(again) };
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { activeMutant, hitLimit: ample, testFilter, sandboxFileName } = options;
    if (this.#isSpent) throw new Error('a test still runs that took too long');
    // Stryker's is a hundred times of what all tests pass, which takes a loop without an end a minute.
    const hitLimit = ample && Math.ceil(ample / 20) + 1_000;
    const covering = new Set(testFilter ?? this.#tests.tests.keys());
    const { id, fileName } = activeMutant;
    const choice = this.#choice ?? new Choice(this.#tests, this.#milliseconds);
    this.#choice = choice;
    for (const asked of [choice.likely(fileName, covering), choice.affordable(sandboxFileName, covering)]) {
      if (asked.size === 0) continue;
      const tried = await attempt(this.#tests, asked, id, hitLimit);
      if (tried.limit) return { ...tried.limit, status: MutantRunStatus.Timeout };
      if (tried.failure?.isLate) {
        this.#isSpent = true;
        return { status: MutantRunStatus.Timeout, reason: tried.failure.message };
      }
      const failure = tried.failure && (await this.#confirmed(tried.failure, id, hitLimit));
      if (!failure) continue;
      const { test, message } = failure;
      choice.remember(fileName, test);
      return { status: MutantRunStatus.Killed, killedBy: [test], failureMessage: message, nrOfTests: tried.tests };
    }
    return { status: MutantRunStatus.Survived, nrOfTests: covering.size };
  }

  /** The failure, if it is the fault's: the test passes without it. A test may need those before it in its file. */
  async #confirmed(failure: Failure, fault: string, hitLimit?: number): Promise<Failure | undefined> {
    if (!(await attempt(this.#tests, new Set([failure.test]))).failure) return failure;
    const before = this.#tests.before(failure.test);
    const again = await attempt(this.#tests, before, fault, hitLimit);
    const without = again.failure && (await attempt(this.#tests, before)).failure;
    if (without) throw new Error(`fails without a fault: ${without.test}: ${without.message}`);
    return again.failure;
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
