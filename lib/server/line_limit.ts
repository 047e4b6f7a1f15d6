import { type Log, log } from '../log.ts';

/** Lines that a source may write at once, and then in each second. */
const burst = 100;
const perSecond = 10;
/** Sources that are remembered at most; all strangers are one source. */
const most = 1000;
/** Milliseconds after which lines that were left out are told of. */
const summary = 10_000;

export interface LineLimit {
  /**
   * Answers true when a source may write a line, and counts it otherwise.
   *
   * @param kind what the line is about, for the count
   */
  mayWrite(source: string, kind: string): boolean;
  /** Counts what is never a line of its own. */
  count(kind: string): void;
}

/** Makes a limit of lines for each source. The others are counted, so that nobody can fill a disk by being refused. */
export function lineLimit(to: Pick<Log, 'info'> = log, now: () => number = Date.now): LineLimit {
  const sources = new Map<string, { lines: number; at: number }>();
  const leftOut = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  function tell(): void {
    timer = undefined;
    to.info(Object.fromEntries(leftOut), 'refused, and not told one by one');
    leftOut.clear();
  }

  function count(kind: string): void {
    // Kinds are few: what a stranger wrote is none of them.
    leftOut.set(kind, (leftOut.get(kind) ?? 0) + 1);
    if (!timer) timer = setTimeout(tell, summary).unref();
  }

  function mayWrite(source: string, kind: string): boolean {
    const known = sources.get(source) ?? { lines: burst, at: now() };
    const lines = Math.min(burst, known.lines + ((now() - known.at) / 1000) * perSecond);
    sources.delete(source);
    sources.set(source, { lines: Math.max(0, lines - 1), at: now() });
    const [oldest] = sources.keys();
    if (sources.size > most && oldest !== undefined) sources.delete(oldest);
    if (lines >= 1) return true;
    count(kind);
    return false;
  }

  return { mayWrite, count };
}
