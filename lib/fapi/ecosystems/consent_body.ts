import { z } from 'zod';

import { Refusal } from '../../resource/refusal.ts';
import { seconds } from '../../seconds.ts';

/**
 * A list of permissions: each a word or, where the ecosystem names them, one of those.
 *
 * @param permission the schema of one.
 * @example
 * const permissions = permissionsOf(z.enum(['ReadAccounts', 'ReadBalances']));
 */
export const permissionsOf = (permission: z.ZodType<string>) =>
  z.array(permission).min(1, 'lists nothing').max(100, 'lists more than 100');

/** Permissions of an ecosystem that does not name them. */
export const permissions = permissionsOf(z.string().regex(/^\w{1,100}$/, 'is no permission'));

/** A time with its offset, in seconds since the epoch. */
export const time = z.iso
  .datetime({ offset: true, error: 'is no time with an offset' })
  .transform((text) => Math.floor(Date.parse(text) / 1000));

/**
 * A time as RFC 3339 writes it, in UTC and without fractions.
 *
 * @param at seconds since the epoch.
 * @example
 * zulu(0) // '1970-01-01T00:00:00Z'
 */
export const zulu = (at: number) => new Date(at * 1000).toISOString().replace(/\.\d+/, '');

const printable = (text: string) => text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?').slice(0, 200);

/**
 * A consent as an ecosystem's schema has it.
 *
 * @param schema the ecosystem's, in zod.
 * @param body a request's, parsed.
 * @throws {Refusal} with the first fault and its place.
 * @example
 * const { Data } = checked(z.strictObject({ Data: z.looseObject({}) }), parsed(body));
 */
export function checked<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const { success, data, error } = schema.safeParse(body);
  if (success) return data;
  const [{ path, message } = { path: [], message: 'is malformed' }] = error.issues;
  throw new Refusal('invalid_request', printable(`${path.join('.') || 'the consent'}: ${message}`), { status: 400 });
}

/**
 * The JSON of a request's body.
 *
 * @param text the body as it came.
 * @throws {Refusal} when it is none.
 * @example
 * const { Data } = checked(schema, parsed(body));
 */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('invalid_request', 'the body is no JSON', { status: 400 });
  }
}

/**
 * Answers when a consent ends: at the time that was asked for, or after the longest one.
 *
 * @param asked seconds since the epoch; the longest time where it is left out.
 * @param longest days.
 * @throws {Refusal} for a time that has passed, or is further away.
 * @example
 * const ends_at = endOf(terms.until, 365);
 */
export function endOf(asked: number | undefined, longest: number): number {
  const last = seconds() + longest * 86_400;
  if (asked === undefined) return last;
  if (asked <= seconds() || asked > last) {
    throw new Refusal('invalid_request', `a consent ends in the future, and within ${longest} days`, { status: 400 });
  }
  return asked;
}

const terms = z.object({ permissions, until: time.optional() });

/**
 * Terms every consent has, for an ecosystem that has no more of its own.
 *
 * @param asked `until` is a time with its offset, or absent for the longest one.
 * @param longest days.
 * @throws {Refusal} with the first fault and its place.
 * @example
 * const { permissions, ends_at } = termsOf({ permissions: ['ReadAccounts'] }, 365);
 */
export function termsOf(
  asked: { readonly permissions: unknown; readonly until?: unknown },
  longest: number,
): { permissions: string[]; ends_at: number } {
  const { permissions: named, until } = checked(terms, asked);
  return { permissions: named, ends_at: endOf(until, longest) };
}
