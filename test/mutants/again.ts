import type Mocha from 'mocha';

/** Tests that are loaded once and run again and again, all of them or some. */
export class Again {
  readonly #mocha: Mocha;
  /** Every test by its name, in the order they are written. */
  readonly tests: ReadonlyMap<string, Mocha.Test>;
  readonly #names = new Map<Mocha.Test, string>();
  /** The whole of each suite, from which a run takes what it asks. */
  readonly #whole = new Map<Mocha.Suite, { readonly tests: Mocha.Test[]; readonly suites: Mocha.Suite[] }>();
  /** Milliseconds that a test or hook took when nothing was wrong. */
  readonly took = new Map<string, number>();
  /** Milliseconds that the hooks of a file took together. */
  readonly hooks = new Map<string, number>();

  constructor(mocha: Mocha, folder: string) {
    this.#mocha = mocha;
    mocha.cleanReferencesAfterRun(false);
    const named = new Map<string, Mocha.Test>();
    mocha.suite.eachTest((test) => {
      const name = `${test.file?.slice(folder.length + 1)}: ${test.titlePath().join(' > ')}`;
      let unlike = name;
      for (let count = 2; named.has(unlike); count += 1) unlike = `${name} (${count})`;
      named.set(unlike, test);
      this.#names.set(test, unlike);
    });
    this.tests = named;
    this.#keep(mocha.suite);
  }

  #keep(suite: Mocha.Suite): void {
    this.#whole.set(suite, { tests: suite.tests, suites: suite.suites });
    for (const inner of suite.suites) this.#keep(inner);
  }

  /** A test's name, or a hook's, which stays the same in another process. */
  nameOf(runnable: Mocha.Runnable): string {
    const named = this.#names.get(runnable as Mocha.Test);
    return named ?? `${runnable.file}: ${runnable.parent?.titlePath().join(' > ')}: ${runnable.title}`;
  }

  /** The milliseconds that these tests took, with all hooks of their files. */
  cost(names: Iterable<string>): number {
    const files = new Set<string | undefined>();
    let sum = 0;
    for (const name of names) {
      sum += this.took.get(name) ?? 0;
      files.add(this.tests.get(name)?.file);
    }
    for (const file of files) sum += this.hooks.get(`${file}`) ?? 0;
    return sum;
  }

  /** The name of a test and those before it in its file. */
  before(name: string): Set<string> {
    const file = this.tests.get(name)?.file;
    const names = [...this.tests].filter(([, test]) => test.file === file).map(([own]) => own);
    return new Set(names.slice(0, names.indexOf(name) + 1));
  }

  /** The names of the tests in a suite and those within it. */
  namesIn(suite: Mocha.Suite): string[] {
    const { tests, suites } = this.#whole.get(suite) ?? { tests: [], suites: [] };
    return [...tests.map((test) => this.nameOf(test)), ...suites.flatMap((inner) => this.namesIn(inner))];
  }

  /** Leaves in a suite what is wanted. Gives the milliseconds that this took before. */
  #narrow(suite: Mocha.Suite, wanted: ReadonlySet<string> | undefined): number {
    const { tests, suites } = this.#whole.get(suite) ?? { tests: [], suites: [] };
    const costs = new Map(suites.map((inner) => [inner, this.#narrow(inner, wanted)]));
    suite.bail(wanted !== undefined);
    suite.tests = tests.filter((test) => !wanted || wanted.has(this.nameOf(test)));
    suite.suites = suites.filter((inner) => inner.tests.length + inner.suites.length > 0);
    // What is quick is asked first; within a file the order is the file's.
    if (suite.root && wanted) suite.suites.sort((one, other) => (costs.get(one) ?? 0) - (costs.get(other) ?? 0));
    const own = suite.tests.reduce((sum, test) => sum + (this.took.get(this.nameOf(test)) ?? 0), 0);
    return [...costs.values()].reduce((sum, cost) => sum + cost, own);
  }

  /** Runs the tests with these names until one fails, or all of them to their end. */
  run(wanted: ReadonlySet<string> | undefined, listen: (runner: Mocha.Runner) => void): Promise<void> {
    this.#narrow(this.#mocha.suite, wanted);
    return new Promise((resolve) => {
      const runner = this.#mocha.run(() => {
        // What comes after the end is no longer the runner's, which would end the process over it.
        runner.dispose();
        resolve();
      });
      const fail = (reason: unknown) => process.emit('uncaughtException', reason as Error);
      process.on('unhandledRejection', fail);
      runner.once('end', () => process.off('unhandledRejection', fail));
      listen(runner);
    });
  }
}
