import type { AuthorizationDetail, KoaContextWithOIDC } from 'oidc-provider';

/** Limits of `authorization_details`, before a schema is asked. */
export interface DetailLimits {
  /** Bytes of the whole parameter. */
  readonly bytes: number;
  /** Levels of objects and lists in one another; the list of details is the first. */
  readonly depth: number;
  /** Details in one request. */
  readonly entries: number;
}

/** Names of members that are refused: careless code takes them for something else than a member. */
const reserved = ['__proto__', 'constructor', 'prototype'];

const printable = (text: string): string => text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?').slice(0, 100);

/** A member's name as an error description may hold it (RFC 6749 section 5.2). */
export const memberName = (path: readonly (string | number)[]): string =>
  printable(path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index ? `.${step}` : step)).join(''));

type Step = readonly [value: unknown, path: readonly (string | number)[]];

/**
 * The first fault of a detail that no schema has to be asked about: too deep, a reserved member name, a number that
 * JSON carries and a double does not. Walks without recursion, one level at a time, and stops at the limit.
 */
export function outOfBounds(detail: object, { depth }: Pick<DetailLimits, 'depth'>): string | undefined {
  let level: Step[] = [[detail, []]];
  for (let deep = 1; level.length > 0; deep += 1) {
    const next: Step[] = [];
    for (const [value, path] of level) {
      if (
        typeof value === 'number' &&
        (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
      ) {
        return `${memberName(path)} must be a number of at most 15 digits, or text`;
      }
      if (typeof value !== 'object' || value === null) continue;
      if (deep >= depth) return `must not be deeper than ${depth} levels`;
      for (const [name, member] of Object.entries(value)) {
        if (reserved.includes(name)) return `must not have a member ${name}`;
        next.push([member, [...path, Array.isArray(value) ? Number(name) : name]]);
      }
    }
    level = next;
  }
  return undefined;
}

/** Says which type a request names that this server does not know; core tells of it by its place alone. */
export function nameUnknownType(
  ctx: KoaContextWithOIDC,
  { error_description }: { error_description?: string },
  details: () => readonly AuthorizationDetail[] | undefined,
  known: readonly string[],
): void {
  const unsupported = /^unsupported authorization details type value .*index (\d+)\)$/;
  const [, index] = unsupported.exec(`${error_description}`) ?? [];
  const type = index === undefined ? undefined : details()?.[Number(index)]?.type;
  if (type === undefined) return;
  const rest = known.length > 0 ? `which knows ${known.join(', ')}` : 'which knows none';
  const text = `authorization_details[${index}]: ${memberName([type])} is no type of this server, ${rest}`;
  (ctx.body as { error_description: string }).error_description = text;
}
