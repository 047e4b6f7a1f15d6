import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Options } from './options.ts';
import type { PlanResult } from './results.ts';

type Place = Pick<Options, 'out' | 'filtered'>;

/** A file of the run: a run of less than everything has files of its own, so that it overwrites no full run's. */
const fileOf = ({ out, filtered }: Place, name: string, ending: string) =>
  join(out, `${name}${filtered ? '-partial' : ''}.${ending}`);

/** The results of the last run of this kind, as far as it came; none when there was none. */
export async function earlier(place: Place): Promise<readonly PlanResult[]> {
  const text = await readFile(fileOf(place, 'results', 'json'), 'utf8').catch(() => '[]');
  return JSON.parse(text);
}

/** The files a run leaves: written after each module, so that a run that was cut short can be resumed. */
export class Evidence {
  readonly #place: Place;
  readonly #results: readonly PlanResult[];
  /** Plans side by side write one file, one after the other. */
  #written: Promise<void> = Promise.resolve();

  constructor(place: Place, results: readonly PlanResult[]) {
    this.#place = place;
    this.#results = results;
  }

  save(report?: string): Promise<void> {
    this.#written = this.#written.then(() => this.#write(report));
    return this.#written;
  }

  async #write(report?: string): Promise<void> {
    await writeFile(fileOf(this.#place, 'results', 'json'), `${JSON.stringify(this.#results, null, 2)}\n`);
    if (report !== undefined) await writeFile(fileOf(this.#place, 'results', 'md'), `${report}\n`);
  }

  /** The suite's own export of a plan. */
  async keep(plan: string, zip: Uint8Array): Promise<void> {
    await writeFile(fileOf(this.#place, plan, 'zip'), zip);
  }
}
