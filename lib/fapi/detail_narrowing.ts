import { isDeepStrictEqual } from 'node:util';

import type { AuthorizationDetail } from 'oidc-provider';

/** Common data fields (RFC 9396 section 2.2) that grant less when they are shorter. */
const sets = ['actions', 'datatypes', 'locations', 'privileges'];

const none = Symbol('no such value');

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Narrows a granted value to what a request asks for: never more than was granted; `none` when it asks for something else. */
function narrow(asked: unknown, granted: unknown, path: string, lists: readonly string[]): unknown {
  if (isDeepStrictEqual(asked, granted)) return granted;
  if (Array.isArray(asked) && Array.isArray(granted) && asked.length > 0 && lists.includes(path)) {
    const known = asked.every((one) => granted.some((other) => isDeepStrictEqual(one, other)));
    return known ? granted.filter((other) => asked.some((one) => isDeepStrictEqual(one, other))) : none;
  }
  if (!isObject(asked) || !isObject(granted)) return none;
  const narrowed: Record<string, unknown> = { ...granted };
  for (const [name, member] of Object.entries(asked)) {
    const left = Object.hasOwn(granted, name)
      ? narrow(member, granted[name], path ? `${path}.${name}` : name, lists)
      : none;
    if (left === none) return none;
    narrowed[name] = left;
  }
  return narrowed;
}

/**
 * The part of the granted details that a request asks for. A member that is left out stays as granted; a list may be
 * shorter where that grants less: the common data fields, and the list the person could choose from.
 *
 * @param choose the list a person could choose from, by type.
 * @returns `undefined` when anything is asked for that was not granted.
 * @see [RFC 9396 section 6.1 - Comparing Authorization Details](https://www.rfc-editor.org/rfc/rfc9396.html#section-6.1)
 */
export function narrowedDetails(
  asked: readonly AuthorizationDetail[],
  granted: readonly AuthorizationDetail[],
  choose: (type: string) => string | undefined = () => undefined,
): AuthorizationDetail[] | undefined {
  const left = [...granted];
  const narrowed: AuthorizationDetail[] = [];
  for (const one of asked) {
    const lists = [...sets, ...[choose(one.type)].filter((path) => path !== undefined)];
    // Each granted detail serves once: a payment that was approved once is not two.
    const index = left.findIndex((other) => other.type === one.type && narrow(one, other, '', lists) !== none);
    const [match] = index < 0 ? [] : left.splice(index, 1);
    if (!match) return undefined;
    narrowed.push(narrow(one, match, '', lists) as AuthorizationDetail);
  }
  return narrowed;
}
