import { z } from 'zod';

import type { ClauseId } from '../clause.ts';
import { didYouMean } from '../did_you_mean.ts';
import { at, type Path } from './path.ts';
import { schema } from './schema.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** A fault of one key, before it is known where the key stands. */
export interface KeyFault {
  readonly path: Path;
  readonly text: string;
  readonly clause?: ClauseId;
  /** Another place the text speaks of, which stands for `{also}` in it. */
  readonly also?: Path;
}

/** Says in the operator's words what the schema refuses: what is wrong, what to write instead. */
export function explain(issues: readonly z.core.$ZodIssue[], data: unknown): KeyFault[] {
  const known = z.toJSONSchema(schema, { io: 'input' });
  return issues.flatMap((issue) => explainIssue(issue, [], data, known));
}

/** Every issue, also those of a union's branches, by its whole path. */
export function* leaves(
  issues: readonly z.core.$ZodIssue[],
  base: Path = [],
): Iterable<{ readonly path: Path; readonly issue: z.core.$ZodIssue }> {
  for (const issue of issues) {
    const path = [...base, ...(issue.path as Path)];
    if (issue.code === 'invalid_union') for (const branch of issue.errors) yield* leaves(branch, path);
    else yield { path, issue };
  }
}

function explainIssue(issue: z.core.$ZodIssue, base: Path, data: unknown, known: JsonSchema): KeyFault[] {
  const path = [...base, ...(issue.path as Path)];
  const value = at(data, path);
  const nodes = described([known], path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const names = nodes.flatMap(({ properties }) => Object.keys(properties ?? {}));
      return issue.keys.map((key) => ({
        path: [...path, key],
        text: `is no known key${didYouMean(key, names) || `, write one of ${names.join(', ')}`}`,
      }));
    }
    case 'invalid_union': {
      const branch = issue.errors.find(
        (errors) => !errors.some(({ code, path }) => code.startsWith('invalid_') && path.length === 0),
      );
      if (branch) return branch.flatMap((inner) => explainIssue(inner, path, data, known));
      return [{ path, text: `is ${kind(value)}${instead(nodes)}` }];
    }
    case 'invalid_value': {
      const values = issue.values.map(String);
      const written = typeof value === 'string' ? value : kind(value);
      const text = `is ${written}${didYouMean(written, values) || `, write one of ${values.join(', ')}`}`;
      return [issue.message.startsWith('Invalid') ? { path, text } : { path, ...clause(issue.message) }];
    }
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({ path, ...clause(message) }));
    case 'invalid_type':
      if (value === undefined) return [{ path, text: `is missing${instead(nodes)}` }];
      return [{ path, text: `is ${kind(value)}${instead(nodes)}` }];
    default:
      return [{ path, ...clause(issue.message) }];
  }
}

/** A message of the schema may end in the clause it stands for. */
function clause(message: string): Pick<KeyFault, 'text' | 'clause'> {
  const [, text = message, id] = /^(.*?)(?: \[(\S+)\])?$/s.exec(message) ?? [];
  return id ? { text, clause: id as ClauseId } : { text };
}

/** The parts of the JSON Schema that describe what stands at a path. */
function described(nodes: readonly JsonSchema[], path: Path): JsonSchema[] {
  const open = nodes.flatMap((node): JsonSchema[] => [node, ...((node.anyOf ?? []) as JsonSchema[])]);
  const [step, ...rest] = path;
  if (step === undefined) return open;
  const next = open.flatMap((node) => [
    node.properties?.[step] ?? (typeof step === 'number' ? node.items : node.additionalProperties),
  ]);
  return described(
    next.filter((node): node is JsonSchema => typeof node === 'object'),
    rest,
  );
}

/** A value's kind, never the value: it may be a secret. */
function kind(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return (
    { object: 'a map', string: 'text', number: 'a number', boolean: `${value}` }[typeof value as string] ?? typeof value
  );
}

const words: Readonly<Record<string, string>> = {
  object: 'a map of keys',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'nothing',
};

function instead(nodes: readonly JsonSchema[]): string {
  const kinds = nodes.flatMap(({ type, const: literal }) =>
    literal !== undefined ? [String(literal)] : type ? [words[String(type)] ?? String(type)] : [],
  );
  const meaning = nodes.find(({ description }) => description)?.description;
  return `, write ${[...new Set(kinds)].join(' or ') || 'a value'}${meaning ? `: ${meaning}` : ''}`;
}
