import { shortName } from './plans.ts';
import type { ModuleResult } from './results.ts';

/** Two modules wait for a minute until something expires. */
const slow = /expired-(auth-code|request_uri)/;
const slowSeconds = 64;

/** A line for each module that ended: how far the run is, and how long it is going to take. */
export class Progress {
  readonly #plans: ReadonlyMap<string, Set<string>>;
  readonly #parallel: number;
  readonly #total: number;
  #faults = 0;
  // A guess, until modules have ended.
  #quick = { modules: 1, seconds: 3 };

  constructor(plans: ReadonlyMap<string, readonly string[]>, parallel: number) {
    this.#plans = new Map([...plans].map(([plan, modules]) => [plan, new Set(modules)]));
    this.#parallel = parallel;
    this.#total = this.#left();
  }

  finished(plan: string, { testModule, result, seconds }: ModuleResult): void {
    this.#plans.get(plan)?.delete(testModule);
    if (result !== 'PASSED') this.#faults += 1;
    if (!slow.test(testModule)) {
      this.#quick = { modules: this.#quick.modules + 1, seconds: this.#quick.seconds + seconds };
    }
    const done = this.#total - this.#left();
    const figures = `${done}/${this.#total}, ${done - this.#faults} passed, ${this.#faults} not, ${this.#remaining()} left`;
    this.#print(`${figures.padEnd(46)} ${plan} ${shortName(testModule)} ${result}`, result !== 'PASSED');
  }

  end(): void {
    if (process.stdout.isTTY) process.stdout.write('\x1b[2K');
  }

  /** On a terminal, only what is not passed stays. */
  #print(line: string, stays: boolean): void {
    const { isTTY, columns } = process.stdout;
    process.stdout.write(isTTY && !stays ? `\x1b[2K${line.slice(0, columns - 1)}\r` : `${line}\n`);
  }

  #left(): number {
    return [...this.#plans.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** A plan runs one module at a time, so the longest plan may decide. */
  #remaining(): string {
    const quick = this.#quick.seconds / this.#quick.modules;
    const left = [...this.#plans.values()].map((modules) =>
      [...modules].reduce((sum, module) => sum + (slow.test(module) ? slowSeconds : quick), 0),
    );
    const seconds = Math.max(left.reduce((sum, value) => sum + value, 0) / this.#parallel, ...left);
    return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
  }
}
