import type { Clause } from '../../clause.ts';
import type { RequestObjectSettings } from '../jar.ts';
import type { Finding, Mechanism } from '../mechanism.ts';

/** An ecosystem's rules of the times in request objects, in seconds. */
export interface RequestObjectRules {
  /** From nbf to exp. */
  readonly lifetime: { readonly rule: Clause; readonly most: number };
  /** From nbf to now. */
  readonly age: { readonly rule: Clause; readonly most: number };
}

/** The limits that are in force: the file's, and an ecosystem's where the file says nothing. */
export const limitedBy = (
  { lifetime, age }: RequestObjectRules,
  { max_lifetime = lifetime.most, max_age = age.most }: RequestObjectSettings = {},
): RequestObjectSettings => ({ max_lifetime, max_age });

function tooLong(key: keyof RequestObjectSettings, value: number | undefined, most: number): Finding | undefined {
  if (value === undefined || value <= most) return undefined;
  return { path: ['request_object', key], text: `is ${value}, write at most ${most} seconds, or leave it out` };
}

/** Request objects are good for as long as an ecosystem says, and no longer: the `jar` mechanism is told by `limitedBy()`. */
export function requestObjectLifetime(
  { lifetime, age }: RequestObjectRules,
  settings: RequestObjectSettings = {},
): Mechanism {
  return {
    name: 'ecosystems/request_object_lifetime',
    clauses: [
      { ...lifetime.rule, violated: () => tooLong('max_lifetime', settings.max_lifetime, lifetime.most) },
      { ...age.rule, violated: () => tooLong('max_age', settings.max_age, age.most) },
    ],
  };
}
