import { createInterface } from 'node:readline/promises';

import { UsageError } from '../errors.ts';
import { plain } from '../plain_text.ts';

/** Columns of a terminal that a table fits. */
const width = 80;

const lengthOf = (text: string) => [...text].length;

const cut = (text: string, length: number) =>
  lengthOf(text) > length ? `${[...text].slice(0, length - 1).join('')}…` : text;

/** Rows under headings, each column as wide as its longest value; the widest columns give way where 80 are not enough. */
export function table(headings: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cells = [headings, ...rows].map((row) => row.map(plain));
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => lengthOf(row[column] ?? ''))));
  const room = width - 2 * (widths.length - 1);
  while (widths.reduce((sum, one) => sum + one, 0) > room) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 1) - 1;
  }
  const line = (row: readonly string[]) =>
    row.map((text, column) => cut(text, widths[column] ?? 0).padEnd(widths[column] ?? 0)).join('  ');
  return cells.map((row) => line(row).trimEnd()).join('\n');
}

/** Names and values, one a line; what is absent is left out. */
export function facts(pairs: readonly (readonly [name: string, value: unknown])[]): string {
  const told = pairs.filter(([, value]) => value !== undefined && value !== null && value !== '');
  const widest = Math.max(...told.map(([name]) => name.length));
  return told.map(([name, value]) => `${name.padEnd(widest)}  ${plain(value)}`).join('\n');
}

/** Prints a value as JSON where that is asked for, else as a person reads it. */
export function print(json: boolean, value: unknown, text: () => string): void {
  console.log(json ? JSON.stringify(value, null, 2) : text());
}

/** A time in seconds since the epoch, as one reads it. */
export const time = (seconds: number | undefined): string | undefined =>
  seconds === undefined ? undefined : new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');

/**
 * Asks before what cannot be undone.
 *
 * @throws {UsageError} when the answer is no, or nobody is there to be asked and `--yes` does not say so.
 */
export async function confirm(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  const { stdin: input, stderr: output } = process;
  if (!input.isTTY) throw new UsageError(`${question} Say so with --yes`);
  const lines = createInterface({ input, output });
  const answer = await lines.question(`${question} [y/N] `);
  lines.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError('nothing was changed');
}
