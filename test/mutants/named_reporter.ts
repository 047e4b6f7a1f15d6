import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

import type { MutantResult } from '@stryker-mutator/api/core';
import type { MutationTestingPlanReadyEvent, Reporter } from '@stryker-mutator/api/report';

import { equivalent } from './equivalent.ts';

const kinds = ['Found', 'Named', 'Survived', 'NoCoverage', 'Ignored', 'Error'] as const;
type Kind = (typeof kinds)[number];

/** The code that a fault replaces, in the text of its file. */
function codeOf(text: string, { start, end }: MutantResult['location']): string {
  const lines = text.split('\n').slice(start.line - 1, end.line);
  const last = lines.length - 1;
  lines[last] = (lines[last] as string).slice(0, end.column - 1);
  lines[0] = (lines[0] as string).slice(start.column - 1);
  return lines.join('\n');
}

const ofStatus: Partial<Record<string, Kind>> = {
  ...{ Killed: 'Found', Timeout: 'Found', Survived: 'Survived', NoCoverage: 'NoCoverage', Ignored: 'Ignored' },
};

/** Prints each fault that no test finds and nobody has named, as soon as it is known, and the figures of each file in the end. */
export class NamedReporter implements Reporter {
  readonly #counts = new Map<string, Record<Kind, number>>();
  readonly #named = new Set<string>();
  /** The files as they were when the faults were put in. */
  readonly #texts = new Map<string, string>();
  #planned = 0;
  #tested = 0;

  onMutationTestingPlanReady({ mutantPlans }: MutationTestingPlanReadyEvent): void {
    this.#planned = mutantPlans.length;
    for (const { mutant } of mutantPlans) {
      if (!this.#texts.has(mutant.fileName)) this.#texts.set(mutant.fileName, readFileSync(mutant.fileName, 'utf8'));
    }
  }

  onMutantTested(mutant: Readonly<MutantResult>): void {
    const file = relative(process.cwd(), mutant.fileName);
    this.#tested += 1;
    if (this.#tested % 100 === 0) process.stdout.write(`${this.#tested} of ${this.#planned}\n`);
    const counts =
      this.#counts.get(file) ?? (Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Kind, number>);
    this.#counts.set(file, counts);
    let kind = ofStatus[mutant.status] ?? 'Error';
    if (kind === 'Survived' || kind === 'NoCoverage') {
      const code = codeOf(this.#texts.get(mutant.fileName) ?? '', mutant.location);
      const line = this.#texts.get(mutant.fileName)?.split('\n')[mutant.location.start.line - 1] ?? '';
      const named = equivalent.findIndex(
        (one) =>
          one.file === file && line.includes(one.on) && one.code === code && one.faults.includes(mutant.replacement),
      );
      if (named >= 0) {
        kind = 'Named';
        this.#named.add(`${named} ${mutant.replacement}`);
      } else {
        const place = `${file}:${mutant.location.start.line}`;
        process.stdout.write(`${place} ${kind} ${mutant.mutatorName}\n- ${code}\n+ ${mutant.replacement}\n`);
      }
    } else if (kind === 'Error') process.stdout.write(`${file} ${mutant.status}: ${mutant.statusReason}\n`);
    counts[kind] += 1;
  }

  wrapUp(): void {
    const rows = [...this.#counts].toSorted(([one], [other]) => (one < other ? -1 : 1));
    const total = kinds.map((kind) => rows.reduce((sum, [, counts]) => sum + counts[kind], 0));
    const line = (name: string, numbers: readonly (number | string)[]) =>
      `${name.padEnd(48)}${numbers.map((number) => `${number}`.padStart(11)).join('')}\n`;
    process.stdout.write(`\n${line(`${this.#planned} faults`, kinds)}`);
    for (const [file, counts] of rows) process.stdout.write(line(file, Object.values(counts)));
    process.stdout.write(line('all', total));
    this.#stale();
  }

  /** A fault that is named and found, or that is no more, is no longer to be named. */
  #stale(): void {
    for (const [index, { file, code, faults }] of equivalent.entries()) {
      if (!this.#counts.has(file)) continue;
      for (const fault of faults.filter((one) => !this.#named.has(`${index} ${one}`))) {
        process.stdout.write(`${file}: named, but found or gone:\n- ${code}\n+ ${fault}\n`);
        process.exitCode = 1;
      }
    }
  }
}
