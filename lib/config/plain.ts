import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type ParsedNode,
  visit,
  type YAMLMap,
} from 'yaml';

/** Values that a file may have at most, each alias counted as what it stands for. */
const most = 5_000_000;

export const keyName = (key: unknown) => String(isScalar(key) ? key.value : key);

/** The value of each alias. */
export type Targets = ReadonlyMap<Alias, Node | undefined>;

/** Reads every alias's target in one pass; the library looks through the whole document for each. */
export function targetsOf(document: Document): Targets {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node | undefined>();
  visit(document, {
    Node(_key, node) {
      if (isAlias(node)) targets.set(node, anchors.get(node.source));
      else if (node.anchor) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

/** The maps a merge key names, in the order in which they count (YAML 1.1, `<<: *base` or `<<: [*a, *b]`). */
export function mergedInto(map: YAMLMap, targets: Targets): readonly YAMLMap[] {
  return map.items
    .filter(({ key }) => isMergeKey(key))
    .flatMap(({ value }) => (isSeq(value) ? value.items : [value]))
    .map((value) => (isAlias(value) ? targets.get(value) : value))
    .filter((value) => isMap(value));
}

const isMergeKey = (key: unknown) => isScalar(key) && key.type === 'PLAIN' && key.value === '<<';

type Complain = (node: unknown, text: string) => void;

/** Turns a document's nodes into plain data; what an alias stands for is made once and shared. */
export class Plain {
  readonly #targets: Targets;
  readonly #complain: Complain;
  readonly #made = new Map<unknown, { value: unknown; size: number }>();
  readonly #underWay = new Set<unknown>();

  constructor(targets: Targets, complain: Complain) {
    this.#targets = targets;
    this.#complain = complain;
  }

  of(node: unknown): unknown {
    const { value, size } = this.#make(node);
    if (size <= most) return value;
    this.#complain(node, `comes to more than ${most} values by its aliases, write fewer`);
    return undefined;
  }

  #make(node: unknown): { value: unknown; size: number } {
    const found = this.#made.get(node);
    if (found) return found;
    if (this.#underWay.has(node)) {
      this.#complain(node, 'stands inside of what it names, write its values out');
      return { value: undefined, size: 1 };
    }
    this.#underWay.add(node);
    const made = this.#makeNew(node);
    this.#underWay.delete(node);
    this.#made.set(node, made);
    return made;
  }

  #makeNew(node: unknown): { value: unknown; size: number } {
    if (isAlias(node)) {
      const target = this.#targets.get(node);
      if (target) return this.#make(target);
      this.#complain(node, `*${node.source} stands for nothing, write &${node.source} further up`);
      return { value: undefined, size: 1 };
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => this.#make(item));
      return { value: items.map(({ value }) => value), size: total(items) };
    }
    if (isMap(node)) return this.#makeMap(node);
    return { value: isScalar(node) ? node.value : (node ?? null), size: 1 };
  }

  #makeMap(map: YAMLMap): { value: unknown; size: number } {
    const merged = mergedInto(map, this.#targets).map((other) => this.#make(other));
    const value: Record<string, unknown> = {};
    // The first of them counts, and what the map says itself more than any.
    // A map that merges itself has come to nothing, and is reported.
    for (const other of merged.toReversed()) copy(value, Object.entries(other.value ?? {}));
    const own = map.items
      .filter(({ key }) => !isMergeKey(key))
      .map((pair) => [pair.key, this.#make(pair.value)] as const);
    for (const [key, made] of own) copy(value, [[keyName(key), made.value]]);
    for (const { key, value: named } of map.items.filter((pair) => isMergeKey(pair.key))) {
      for (const item of isSeq(named) ? named.items : [named]) if (isAlias(item)) this.#make(item);
      if (!mergeable(named, this.#targets)) {
        this.#complain(key as ParsedNode, '<< takes a map, an alias of one, or a list of them');
      }
    }
    return { value, size: total([...merged, ...own.map(([, made]) => made)]) };
  }
}

const total = (made: readonly { size: number }[]) => made.reduce((sum, { size }) => sum + size, 1);

function mergeable(value: unknown, targets: Targets): boolean {
  const items = isSeq(value) ? value.items : [value];
  // An alias of nothing is reported as such.
  return items.every((item) => isMap(item) || (isAlias(item) && (!targets.get(item) || isMap(targets.get(item)))));
}

/** Copies entries into an object by definition: assignment would call the setter of `__proto__`. */
function copy(into: object, entries: readonly (readonly [string, unknown])[]): void {
  for (const [name, value] of entries) {
    Object.defineProperty(into, name, { value, writable: true, enumerable: true, configurable: true });
  }
}
