/** A path into the file: names of keys, and numbers of items counted from 0. */
export type Path = readonly (string | number)[];

/** The value at a path of plain data. */
export function at(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (node, step) => (node as Record<string | number, unknown> | null | undefined)?.[step],
    data,
  );
}

/** Replaces what stands at a path, where it has a parent. */
export function put(data: unknown, path: Path, value: unknown): void {
  const parent = at(data, path.slice(0, -1));
  const name = path.at(-1);
  if (typeof parent === 'object' && parent !== null && name !== undefined) Object.assign(parent, { [name]: value });
}
