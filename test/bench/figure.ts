/** One row of the table: what was measured, of whom, against whom, and what it should be. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** A value for each repetition, by what was measured. */
  readonly values: Readonly<Record<string, readonly number[]>>;
  /** Whose figure it is. */
  readonly of: string;
  /** What it is divided by, repetition by repetition, before it is judged. */
  readonly against?: string;
  readonly goal?: { readonly sense: '>=' | '<='; readonly limit: number };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}

/** What is judged: the figure, or its ratio where it is measured against another. */
export function judged({ values, of, against }: Figure): readonly number[] {
  const own = values[of] ?? [];
  const others = against === undefined ? undefined : (values[against] ?? []);
  return others ? own.map((value, index) => value / (others[index] ?? Number.NaN)) : own;
}

export function reached(figure: Figure): boolean | undefined {
  if (!figure.goal) return undefined;
  const value = median(judged(figure));
  return figure.goal.sense === '>=' ? value >= figure.goal.limit : value <= figure.goal.limit;
}

export function short(value: number): string {
  if (Number.isNaN(value)) return '-';
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** A Markdown table, so that it reads the same in a terminal and in a README. */
export function table(figures: readonly Figure[]): string {
  const heading = ['figure', 'measured (median)', 'ratio', 'spread', 'goal', ''];
  const rows = figures.map((figure) => {
    const spread = judged(figure);
    const mark = reached(figure);
    return [
      figure.name,
      Object.entries(figure.values)
        .map(([who, values]) => `${who} ${short(median(values))}`)
        .join('; ') + (figure.unit && ` ${figure.unit}`),
      figure.against === undefined ? '' : `${short(median(spread))} x ${figure.against}`,
      spread.length > 1 ? `${short(Math.min(...spread))} to ${short(Math.max(...spread))}` : '',
      figure.goal ? `${figure.goal.sense} ${figure.goal.limit}` : '',
      mark === undefined ? '' : mark ? 'reached' : 'missed',
    ];
  });
  const widths = heading.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(heading), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
