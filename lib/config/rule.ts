import type { z } from 'zod';

import type { KeyFault } from './explain.ts';
import type { schema } from './schema.ts';

type Tolerant<T> = T extends readonly (infer U)[]
  ? readonly (Tolerant<U> | undefined)[] | undefined
  : T extends object
    ? { readonly [K in keyof T]?: Tolerant<T[K]> | undefined } | undefined
    : T | undefined;

/** A configuration as it was written, valid or not. */
export type Written = NonNullable<Tolerant<z.input<typeof schema>>>;

/** A rule between keys. It judges what was written, valid or not, so that one run reports everything. */
export type Rule = (input: Written) => KeyFault[];

/** The items of a list, each an object; of what is no list, none. */
export const list = <T>(value: readonly T[] | undefined): readonly NonNullable<T>[] =>
  Array.isArray(value) ? value.map((item) => (typeof item === 'object' && item ? item : {})) : [];
