import { jsonSchema } from '../../lib/config/load.ts';

type Node = ReturnType<typeof jsonSchema>;

/** One key of the configuration file, as the JSON Schema has it. */
interface Key {
  readonly path: readonly (string | number)[];
  readonly schema: Node;
  /** Whether other names beside it are refused. */
  readonly closed: boolean;
}

/** Every key of the configuration file; `0` stands for any item of a list. */
export function* keys(node: Node = jsonSchema(), path: readonly (string | number)[] = []): Iterable<Key> {
  for (const branch of [node, ...((node.anyOf ?? []) as Node[])]) {
    for (const [name, schema] of Object.entries((branch.properties ?? {}) as Record<string, Node>)) {
      yield { path: [...path, name], schema, closed: branch.additionalProperties === false };
      yield* keys(schema, [...path, name]);
    }
    if (branch.items && !Array.isArray(branch.items)) yield* keys(branch.items as Node, [...path, 0]);
  }
}
