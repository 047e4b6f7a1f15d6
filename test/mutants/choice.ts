import { relative } from 'node:path';

import type { Again } from './again.ts';
import { namesake } from './rooms.ts';

/** Which tests are asked about a fault. */
export class Choice {
  readonly #tests: Again;
  readonly #milliseconds: number;
  /** The tests that found faults in a file, the last first. */
  readonly #found = new Map<string, string[]>();

  /** @param milliseconds that tests may take for one fault. */
  constructor(tests: Again, milliseconds: number) {
    this.#tests = tests;
    this.#milliseconds = milliseconds;
  }

  /** Remembers which test has found a fault in a file. */
  remember(file: string, test: string): void {
    this.#found.set(file, [test, ...(this.#found.get(file) ?? []).filter((name) => name !== test)]);
  }

  /** The tests that found the last faults in a file: they often find the next one. */
  likely(file: string, covering: ReadonlySet<string>): Set<string> {
    const likely = (this.#found.get(file) ?? []).filter((name) => covering.has(name)).slice(0, 3);
    return new Set(this.#tests.cost(covering) > 500 ? likely : []);
  }

  /** All of the tests that stand where the file does, then as many others, from the quickest file on, as the time for one fault allows. */
  affordable(file: string, covering: ReadonlySet<string>): ReadonlySet<string> {
    const tests = this.#tests;
    const own = namesake(relative(process.cwd(), file));
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
}
