import type { ClauseId } from '../clause.ts';
import type { Wire } from './wire.ts';

/** The provider a probe looks at. */
export interface Target {
  readonly issuer: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly wire: Wire;
}

/**
 * One rule, tried on a running provider: `true` when it is held, words when it is not, `undefined` when it cannot be
 * said. `requests` is how many it sends.
 */
export interface Probe<T = Target> {
  readonly clause: ClauseId;
  readonly text: string;
  readonly requests: number;
  run(target: T): Promise<true | string | undefined>;
}
