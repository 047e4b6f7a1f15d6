/** Bounds the values of labels: one that comes after too many others becomes `other`. */
export type Bounded = <L extends string>(labels: Readonly<Record<L, string | number>>) => Record<L, string>;

/** Different values of one label at most: each is a time series in the database of the metrics. */
const most = 100;
/** Characters of a value. */
const longest = 60;

/** Remembers the values each label has had. */
export function bounded(limit: number = most): Bounded {
  const seen = new Map<string, Set<string>>();
  function value(label: string, given: string): string {
    const values = seen.get(label) ?? new Set();
    seen.set(label, values);
    const short = given.slice(0, longest);
    if (values.size < limit) values.add(short);
    return values.has(short) ? short : 'other';
  }
  return <L extends string>(labels: Readonly<Record<L, string | number>>) =>
    Object.fromEntries(
      Object.entries<string | number>(labels).map(([label, given]) => [label, value(label, `${given}`)]),
    ) as Record<L, string>;
}
