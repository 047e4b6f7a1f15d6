import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';

import type { Problem } from '../errors.ts';
import type { Path } from './path.ts';

export type Place = Pick<Problem, 'file' | 'line' | 'column'>;

/** A YAML (or JSON) file whose every value knows where it stands. */
export interface Source {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly problems: Problem[];
  /** What stood in a plain scalar before it was read as a number or a boolean, by its path. */
  readonly texts: Map<string, string>;
  /** What `--set` has laid over the file. */
  readonly overridden: string[];
}

/** Reads a file's text; syntax errors, duplicate keys and unset variables are collected, not thrown. */
export function readSource(file: string, text: string, env: NodeJS.ProcessEnv): Source {
  const lines = new LineCounter();
  // A brace has a meaning in YAML's flow style; `{ port: ${PORT} }` is to be read as it looks.
  const document = parseDocument(text.replace(/\$\{([^{}\n]*)\}/g, '$\u{E000}$1\u{E001}'), {
    lineCounter: lines,
    prettyErrors: false,
  });
  const source: Source = { file, document, lines, problems: [], texts: new Map(), overridden: [] };
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    const text = code === 'DUPLICATE_KEY' ? 'this key stands here twice, remove one' : message.replace(/[.:]?\s*$/, '');
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

const keyName = (key: unknown) => String(isScalar(key) ? key.value : key);

function pathOf(nodes: readonly unknown[]): Path {
  return nodes.flatMap((node, index): (string | number)[] => {
    const next = nodes[index + 1];
    if (isPair(node)) return [keyName(node.key)];
    if (isCollection(node) && !isMap(node)) return [node.items.indexOf(next as never)];
    return [];
  });
}

/** What the file says, as plain data; `undefined` where it cannot be told. */
export function toPlain({ file, document, lines, problems }: Source): unknown {
  let readable = document.errors.every(({ code }) => code === 'DUPLICATE_KEY');
  visit(document, {
    Alias(_key, node) {
      if (node.resolve(document)) return;
      readable = false;
      const at = position(lines, node.range?.[0] ?? 0);
      problems.push({
        file,
        ...at,
        key: '',
        text: `*${node.source} stands for nothing, write &${node.source} further up`,
      });
    },
  });
  // One anchor may serve as many clients as there are.
  return readable ? document.toJS({ maxAliasCount: 10_000 }) : undefined;
}

/** Where a path's deepest existing part stands: a key in a map, an item in a list. */
export function place({ file, document, lines, overridden }: Source, path: Path): Place {
  const name = path.join('.');
  if (overridden.some((set) => name === set || name.startsWith(`${set}.`))) return commandLine;
  let node: unknown = document.contents;
  let found: Node | undefined;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (!isCollection(node)) break;
    const pair = isMap(node) ? node.items.find(({ key }) => keyName(key) === String(step)) : undefined;
    const next = pair ? pair.key : isMap(node) ? undefined : node.items[Number(step)];
    if (next === undefined) break;
    // --set has put it into the document: it stands nowhere in the file.
    if (!(next as Node).range) return commandLine;
    found = next as Node;
    node = pair ? pair.value : next;
  }
  return { file, ...position(lines, (found ?? document.contents)?.range?.[0] ?? 0) };
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
    document.setIn(path, document.createNode(parsed.toJS() ?? value));
    texts.set(name, value);
    overridden.push(name);
  } catch {
    complain('goes through a value that has no keys');
  }
}
