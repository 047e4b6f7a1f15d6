function isPlainObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value) as typeof Object.prototype | null)
  );
}

/**
 * Lays later objects over earlier ones, member by member. Arrays, functions and instances are replaced whole;
 * `undefined` replaces nothing.
 */
export function merge<T extends object>(...layers: readonly T[]): T {
  const merged: Record<string, unknown> = {};
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer)) {
      if (value === undefined) continue;
      const below = merged[key];
      merged[key] = isPlainObject(value) ? merge(isPlainObject(below) ? below : {}, value) : value;
    }
  }
  return merged as T;
}

/**
 * A copy that cannot be changed: plain objects and arrays are copied and frozen, functions and instances are the same.
 */
export function frozen<T>(value: T): T {
  if (Array.isArray(value)) return Object.freeze(value.map(frozen)) as T;
  if (!isPlainObject(value)) return value;
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, member]) => [key, frozen(member)]))) as T;
}
