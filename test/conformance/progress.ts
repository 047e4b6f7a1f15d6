import { shortName } from './plans.ts';
import type { ModuleResult } from './results.ts';

/** Two modules wait for a minute until something expires; the others take a few seconds. */
const slow = /expired-(auth-code|request_uri)/;
const weight = (testModule: string): number => (slow.test(testModule) ? 64 : 3);

/** A line for each module that ended: how far the run is, and how long it is going to take. */
export class Progress {
  readonly #start = Date.now();
  readonly #parallel: number;
  readonly #left = new Map<string, number>();
  #total = 0;
  #done = 0;
  #faults = 0;
  #weightDone = 0;

  constructor(plans: ReadonlyMap<string, readonly string[]>, parallel: number) {
    this.#parallel = parallel;
    for (const [plan, modules] of plans) {
      this.#total += modules.length;
      this.#left.set(
        plan,
        modules.reduce((sum, module) => sum + weight(module), 0),
      );
    }
  }

  finished(plan: string, { testModule, result }: ModuleResult): void {
    this.#done += 1;
    if (result !== 'PASSED') this.#faults += 1;
    this.#weightDone += weight(testModule);
    this.#left.set(plan, (this.#left.get(plan) ?? 0) - weight(testModule));
    const figures = `${this.#done}/${this.#total}, ${this.#faults} not passed, ${this.#remaining()} left`;
    const line = `${figures.padEnd(44)} ${plan} ${shortName(testModule)} ${result}`;
    const over = process.stdout.isTTY && result === 'PASSED';
    process.stdout.write(
      process.stdout.isTTY ? `\x1b[2K${line.slice(0, process.stdout.columns - 1)}${over ? '\r' : '\n'}` : `${line}\n`,
    );
  }

  end(): void {
    if (process.stdout.isTTY) process.stdout.write('\x1b[2K');
  }

  /** A plan runs one module at a time, so the longest one left may decide. */
  #remaining(): string {
    const left = [...this.#left.values()];
    const share = left.reduce((sum, value) => sum + value, 0) / this.#parallel;
    const pace = (Date.now() - this.#start) / 1000 / (this.#weightDone / this.#parallel);
    const seconds = Math.max(share, ...left) * pace;
    return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
  }
}
