import {
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';

import { jsonSource, type Place, readJson, type Source } from './json_source.ts';
import type { Path } from './path.ts';
import { keyName, mergedInto, Plain, type Targets, targetsOf } from './plain.ts';

export type { Place, Source } from './json_source.ts';

/** Problems that the library says in words for programmers. */
const told: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key stands here twice, remove one',
  MULTIPLE_DOCS: 'a second document begins here, write one alone',
};

/** Reads a file's text; syntax errors, duplicate keys and unset variables are collected, not thrown. */
export function readSource(file: string, text: string, env: NodeJS.ProcessEnv): Source {
  const json = readJson(text);
  return json === undefined ? readYaml(file, text, env) : jsonSource(file, json, () => readYaml(file, text, env));
}

function readYaml(file: string, text: string, env: NodeJS.ProcessEnv): Source {
  const lines = new LineCounter();
  // A brace has a meaning in YAML's flow style; `{ port: ${PORT} }` is to be read as it looks.
  const document = parseDocument(text.replace(/\$\{([^{}\n]*)\}/g, '$\u{E000}$1\u{E001}'), {
    lineCounter: lines,
    prettyErrors: false,
  });
  const source: Source = {
    file,
    document,
    lines,
    targets: targetsOf(document),
    problems: [],
    texts: new Map(),
    overridden: [],
  };
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    const text = /call stack/.test(message) ? 'is nested too deep' : (told[code] ?? message.replace(/[.:]?\s*$/, ''));
    source.problems.push({ file, ...position(lines, pos[0]), key: '', text });
  }
  substitute(source, env);
  return source;
}

function position(lines: LineCounter, offset: number): Omit<Place, 'file'> {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** Replaces `${NAME}` by the environment's value; `$${` stands for `${` itself. */
function substitute(source: Source, env: NodeJS.ProcessEnv): void {
  const { file, lines, texts, problems } = source;
  visit(source.document, {
    Scalar(key, node, ancestors) {
      if (typeof node.value !== 'string' || !node.value.includes('\u{E000}')) return;
      if (key === 'key') {
        node.value = node.value.replace(/\u{E000}(.*?)\u{E001}/gu, '{$1}');
        return;
      }
      const path = pathOf([...ancestors, node]);
      const value = node.value.replace(/\$?\$\u{E000}(.*?)\u{E001}/gu, (found, name: string) => {
        if (found.startsWith('$$')) return `\${${name}}`;
        const held = env[name];
        if (held === undefined) {
          const text = `the environment variable ${name} is not set`;
          problems.push({ file, ...position(lines, node.range?.[0] ?? 0), key: path.join('.'), text });
        }
        return held ?? '';
      });
      const typed = node.type === 'PLAIN' ? parseDocument(value).toJS() : value;
      node.value = typeof typed === 'number' || typeof typed === 'boolean' ? typed : value;
      texts.set(path.join('.'), value);
    },
  });
}

function pathOf(nodes: readonly unknown[]): Path {
  return nodes.flatMap((node, index): (string | number)[] => {
    const next = nodes[index + 1];
    if (isPair(node)) return [keyName(node.key)];
    if (isCollection(node) && !isMap(node)) return [node.items.indexOf(next)];
    return [];
  });
}

/** The file as plain data; `undefined` where it cannot be told. */
export function toPlain(source: Source): unknown {
  if (source.json !== undefined && source.overridden.length === 0) return source.json;
  const { file, document, targets, lines, problems } = source;
  let readable = document.errors.every(({ code }) => code === 'DUPLICATE_KEY');
  const plain = new Plain(targets, (node, text) => {
    readable = false;
    const offset = (node as Node | null)?.range?.[0] ?? 0;
    problems.push({ file, ...position(lines, offset), key: '', text });
  });
  const data = plain.of(document.contents);
  return readable ? data : undefined;
}

/** The pair of a name in a map, or in those it merges. */
function pairOf(map: YAMLMap, name: string, targets: Targets): Pair | undefined {
  const own = map.items.findLast(({ key }) => keyName(key) === name);
  return (
    own ??
    mergedInto(map, targets).reduce<Pair | undefined>(
      (found, other) => found ?? pairOf(other, name, targets),
      undefined,
    )
  );
}

/** Follows a path as far as there are nodes: the last key or item, and the value at the end where the path reaches it. */
function follow({ document, targets }: Source, path: Path): { last: Node | null; value: unknown } {
  const deref = (node: unknown) => (isAlias(node) ? targets.get(node) : node);
  let value: unknown = deref(document.contents);
  let last = document.contents;
  for (const step of path) {
    const pair = isMap(value) ? pairOf(value, String(step), targets) : undefined;
    const next = pair ? pair.key : isSeq(value) ? value.items[Number(step)] : undefined;
    if (next === undefined) return { last, value: undefined };
    last = next as Node;
    value = deref(pair ? pair.value : next);
  }
  return { last, value };
}

/** The position of a path's deepest existing part: a key in a map, an item in a list. */
export function place(source: Source, path: Path): Place {
  const name = path.join('.');
  const { file, lines, overridden } = source;
  if (overridden.some((set) => name === set || name.startsWith(`${set}.`))) return commandLine;
  const { last } = follow(source, path);
  // --set has put it into the document: it stands nowhere in the file.
  if (last && !last.range) return commandLine;
  return { file, ...position(lines, last?.range?.[0] ?? 0) };
}

/** The text at a path, before it was read as a number or a boolean. */
export function writtenAt(source: Source, path: Path): string | undefined {
  const { value } = follow(source, path);
  const plain = isScalar(value) && value.type === 'PLAIN' && value.value !== null ? value.source : undefined;
  return source.texts.get(path.join('.')) ?? plain;
}

const commandLine: Place = { file: '--set', line: 1, column: 1 };

/** Lays `path=value`, whose value is read as YAML, over the document. */
export function override({ document, problems, texts, overridden }: Source, assignment: string): void {
  const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(assignment) ?? [];
  const complain = (text: string) => problems.push({ ...commandLine, key: name, text });
  if (name === '' || !assignment.includes('='))
    return void complain('is not path=value, write for example listen.port=8443');
  const path = name.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  const parsed = parseDocument(value);
  if (parsed.errors.length > 0) return void complain('the value is not YAML, put it in quotes');
  try {
    document.setIn(path, parsed.contents ?? document.createNode(value));
    texts.set(name, value);
    overridden.push(name);
  } catch {
    complain('goes through a value that has no keys');
  }
}
