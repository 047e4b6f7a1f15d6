import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Names {
  /** Names another file has them by, with the file; of this package only. */
  readonly imported: ReadonlyMap<string, readonly [file: string, name: string]>;
  /** The text of each declaration of the file itself. */
  readonly declared: ReadonlyMap<string, string>;
}

const named = (list: string) =>
  list
    .split(',')
    .map((one) => one.trim().replace(/^type /, ''))
    .filter(Boolean)
    .map((one) => one.split(' as ') as [string, string?]);

/** The names of one file of declarations, as tsc writes them. */
function namesOf(file: string): Names {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const imported = new Map<string, readonly [string, string]>();
  for (const [, list = '', from = ''] of text.matchAll(/^(?:import|export) (?:type )?\{([^}]*)\} from '(\.[^']+)'/gm)) {
    const source = join(dirname(file), from.replace(/\.[jt]s$/, '.d.ts'));
    for (const [name, alias = name] of named(list)) imported.set(alias, [source, name]);
  }
  const declared = new Map<string, string>();
  const starts = /^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|class|function|const) (\w+)/gm;
  for (const piece of text.split(/^(?=(?:export |declare |interface |type |import ))/m)) {
    const [[, name = ''] = []] = piece.matchAll(starts);
    if (name) declared.set(name, (declared.get(name) ?? '') + piece);
  }
  return { imported, declared };
}

/**
 * The types that a consumer meets in what a package exports, and cannot name: those of the package that its declarations
 * mention, private members aside, and that no entry point exports.
 *
 * @param entries paths of the entry points' `.d.ts`
 */
export function unnamed(entries: readonly string[]): string[] {
  const files = new Map<string, Names>();
  const namesIn = (file: string) => files.get(file) ?? files.set(file, namesOf(file)).get(file) ?? namesOf(file);
  const locate = (file: string, name: string): string | undefined => {
    const { imported, declared } = namesIn(file);
    const from = imported.get(name);
    if (from) return locate(...from);
    return declared.has(name) ? `${file} ${name}` : undefined;
  };
  const exported = new Set(
    entries.flatMap((entry) => {
      const { imported, declared } = namesIn(entry);
      return [...imported.keys(), ...declared.keys()].map((name) => locate(entry, name));
    }),
  );
  const met = new Set<string>();
  for (const place of exported) {
    const [file = '', name = ''] = place?.split(' ') ?? [];
    if (!file) continue;
    const text = (namesIn(file).declared.get(name) ?? '').replace(/^ +(?:private|#).*$/gm, '');
    for (const [word] of text.matchAll(/(?<![.'"\w])[A-Z]\w+/g)) {
      const found = locate(file, word);
      if (found && !exported.has(found)) met.add(`${name}: ${word}`);
    }
  }
  return [...met].sort();
}
