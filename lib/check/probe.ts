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

/** The items of a list of the metadata; none where it is no list. */
export const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** The address of an endpoint, as the metadata say it. */
export const endpoint = ({ metadata }: Target, name: string): string | undefined =>
  typeof metadata[`${name}_endpoint`] === 'string' ? `${metadata[`${name}_endpoint`]}` : undefined;
