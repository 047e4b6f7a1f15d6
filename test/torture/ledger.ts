import type { Reply } from '../bench/connection.ts';
import { table } from '../support/markdown.ts';

/** What the clients saw, and what they hold the server to. */
export class Ledger {
  /** What was done to the server, by its name in the table. */
  readonly acts: Record<string, number> = {};
  readonly answers = { good: 0, refused: 0, unavailable: 0, lost: 0 };
  /** What an acknowledgement promised: `unknown` where a request that may have used it up never got its answer. */
  readonly promises = { push: promise(), code: promise(), token: promise() };
  readonly replays = { tried: 0, accepted: 0 };
  readonly faults: string[] = [];
  /** What exactly was lost or spent again. */
  readonly losses: string[] = [];
  /** Longest time from a process being back to its first good answer, in milliseconds. */
  slowestReturn = 0;

  did(act: string): void {
    this.acts[act] = (this.acts[act] ?? 0) + 1;
  }

  fault(what: string): void {
    this.faults.push(what);
  }

  loss(what: string): void {
    this.losses.push(what);
  }

  get failed(): boolean {
    const lost = Object.values(this.promises).reduce((sum, { lost }) => sum + lost, 0);
    return lost + this.replays.accepted + this.faults.length > 0;
  }

  toString(): string {
    const { acts, answers, promises, replays, faults, losses, slowestReturn } = this;
    const rows: [string, string | number][] = [
      ...Object.entries(acts),
      ['requests answered', answers.good + answers.refused],
      ['refused with 503 and Retry-After', answers.unavailable],
      ['connections refused or lost, the server being dead', answers.lost],
      ...Object.entries(promises).map(([what, { acknowledged, kept, unknown, lost }]): [string, string] => [
        `${what}: acknowledged; kept; outcome unknown; lost`,
        `${acknowledged}; ${kept}; ${unknown}; ${lost}`,
      ]),
      ['spent again; with success', `${replays.tried}; ${replays.accepted}`],
      ['slowest return to service', `${Math.round(slowestReturn)} ms`],
      ['500s, hangs, servers that died by themselves', faults.length],
    ];
    return [table(['what', 'count'], rows), ...[...faults, ...losses].slice(0, 20)].join('\n');
  }
}

function promise() {
  return { acknowledged: 0, kept: 0, unknown: 0, lost: 0 };
}

/** An answer in a line: an error's body as it is, of a page its title. */
export function said({ status, body }: Reply): string {
  return `status ${status}: ${/<title>([^<]*)/.exec(body)?.[1] ?? body.slice(0, 300)}`;
}
