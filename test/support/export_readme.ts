import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { cell, table } from './markdown.ts';

const fileOf = (name: string) => new URL(`../../${name}`, import.meta.url);
const textOf = (file: string) => readFileSync(fileOf(file), 'utf8');

/** An entry point, the file it begins in, and what it is for. */
const entries = [
  ['oidc-provider-fapi', 'lib/index.ts'],
  ['oidc-provider-fapi/server', 'lib/server.ts'],
  ['oidc-provider-fapi/ecosystems', 'lib/ecosystems.ts'],
  ['oidc-provider-fapi/contract', 'lib/contract/contract.ts'],
  ['oidc-provider-fapi/resource', 'lib/resource/index.ts'],
  ['oidc-provider-fapi/resource/koa', 'lib/resource/koa.ts'],
  ['oidc-provider-fapi/resource/express', 'lib/resource/express.ts'],
] as const;

/** A value that is exported, and the docstring it has. */
interface Exported {
  readonly name: string;
  readonly file: string;
  readonly docstring: string | undefined;
  readonly isFunction: boolean;
  /** A function that is called with something. */
  readonly takes: boolean;
  /** Names of its parameters; none of one that is taken apart. */
  readonly parameters: readonly string[];
  /** True of a function that throws by itself, and not in a function within it. */
  readonly throwsFirst: boolean;
}

const declaration = (name: string) =>
  new RegExp(
    `(?:/\\*\\*((?:(?!\\*/)[^])*?)\\*/\\s*)?export (?:async )?(function|const|class) ${name}\\b(?:(?:<[^(]*>)?(\\((?!\\))))?`,
  );

function declared(name: string, file: string): Exported | undefined {
  const found = declaration(name).exec(textOf(file));
  if (!found) return undefined;
  const isFunction = found[2] === 'function';
  const [body = ''] = textOf(file)
    .slice(found.index + found[0].length)
    .split(/^\}/m);
  const [list = ''] = isFunction ? body.split(/^\)|\):? /m) : [];
  return {
    name,
    file,
    docstring: found[1],
    isFunction,
    takes: found[3] !== undefined,
    parameters: [...list.matchAll(/(?:^|, |^ +)(?:\.\.\.)?(\w+)\??: /gm)].map(([, one = '']) => one),
    throwsFirst: isFunction && /^ {2,4}(?:if \(.*\) )?throw new /m.test(body),
  };
}

/** The values an entry point exports: its own, and those it hands on. */
function exportedBy(entry: string): Exported[] {
  const text = textOf(entry);
  const own = [...text.matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm)].map(([, name = '']) =>
    declared(name, entry),
  );
  const handedOn = [...text.matchAll(/^export \{([^}]*)\} from '([^']+)';/gm)].flatMap(([, list = '', from = '']) => {
    const names = list.split(',').map((one) => one.trim());
    const values = names.filter((name) => name && !name.startsWith('type '));
    return values.map(
      (name) =>
        declared(name, join(dirname(entry), from)) ?? {
          name,
          file: from,
          docstring: undefined,
          isFunction: false,
          takes: false,
          parameters: [],
          throwsFirst: false,
        },
    );
  });
  return [...own, ...handedOn].filter((one) => one !== undefined);
}

/** The first sentence of a docstring, on one line. */
function sentence(docstring: string | undefined): string {
  const text = (docstring ?? '').replaceAll(/^\s*\*? ?/gm, ' ').replaceAll(/\s+/g, ' ');
  const [whole = ''] = text.split(/ @(?:param|returns|throws|example|see)/);
  return (/^.*?[.:](?= |$)/.exec(whole.trim())?.[0] ?? whole.trim()).replace(/:$/, '.');
}

/** Every value of every entry point, in the words of its docstring. */
export function exportRows(): string {
  const rows = entries.flatMap(([from, file]) =>
    exportedBy(file)
      .sort((a, b) => a.name.localeCompare(b.name))
      .map(({ name, docstring }) => [
        `\`${name}\``,
        `\`${from.replace('oidc-provider-fapi', '.')}\``,
        cell(sentence(docstring)),
      ]),
  );
  return table(['name', 'of', 'does'], rows);
}

/** Every value there is, with the entry point it is of. */
export const everyExport = (): (Exported & { readonly entry: string })[] =>
  entries.flatMap(([entry, file]) => exportedBy(file).map((one) => ({ ...one, entry })));
