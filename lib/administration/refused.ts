import type { KeyFault } from '../config/explain.ts';
import { UsageError } from '../errors.ts';

/** Statuses of HTTP that say why an act was refused. */
export type RefusedStatus = 400 | 404 | 409 | 412;

const lineOf = ({ path, text, clause }: KeyFault): string =>
  `${path.slice(2).join('.')} ${text}${clause ? ` [${clause}]` : ''}`.trim();

/** Refuses an administrative act: nothing was changed. */
export class ActRefused extends UsageError {
  readonly status: RefusedStatus;
  /** Faults of the metadata of clients; paths begin with `clients` and the number of the client. */
  readonly findings: readonly KeyFault[];

  constructor(status: RefusedStatus, message: string, findings: readonly KeyFault[] = []) {
    super([message, ...findings.map(lineOf)].filter(Boolean).join('\n  '));
    this.status = status;
    this.findings = findings;
  }
}
