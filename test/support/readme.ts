import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';

import { clauseUrl } from '../../lib/clause.ts';
import { jsonSchema } from '../../lib/config/load.ts';
import type { KnownRefusal } from '../../lib/fapi/refusals/refusal.ts';
import { refusals } from '../../lib/fapi/refusals.ts';
import { snippets } from '../clients/stack.ts';
import { clauseRows } from './clause_readme.ts';
import { commandLine, optionsOf } from './command_line.ts';
import { exportRows } from './export_readme.ts';
import { cell, table } from './markdown.ts';
import { stageRows } from './stage_readme.ts';
import { keptRows, modelRows, states } from './store_readme.ts';

/** Documents with parts that are made out of the code, from the top of the project. */
export const documents = [
  'README.md',
  'config/README.md',
  'lib/README.md',
  'lib/fapi/README.md',
  'lib/fapi/refusals/README.md',
  'lib/store/README.md',
  'test/clients/README.md',
] as const;

const fileOf = (name: string) => new URL(`../../${name}`, import.meta.url);

interface Node {
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly anyOf?: readonly Node[];
}

function optionRows(node: Node, path: string): string[][] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const key = path ? `${path}.${name}` : name;
    const inner = child.properties ? child : child.anyOf?.find(({ properties }) => properties);
    const standard = child.default === undefined || inner ? '' : `\`${JSON.stringify(child.default)}\``;
    const short = standard.length > 60 ? 'see the file' : standard;
    return [[`\`${key}\``, cell(child.description ?? ''), short], ...(inner ? optionRows(inner, key) : [])];
  });
}

/** Every key of the configuration file, out of its schema. */
function options(): string {
  return table(['key', 'meaning', 'default'], optionRows(jsonSchema() as Node, ''));
}

/** Every refusal, out of the table. */
function refusalRows(): string {
  const facts = {
    issuer: 'https://as.example.com',
    mtls: 'https://mtls.as.example.com',
    assertion_lifetime: 3600,
    redirect_uri: 'https://client.example.com/cb/',
    registered: 'https://client.example.com/cb',
  };
  const row = ({ id, wrong, todo, clause }: KnownRefusal) => [
    `<a id="${id}"></a>\`${id}\``,
    cell(wrong),
    cell(typeof todo === 'string' ? todo : todo(facts)),
    `[${clause}](${clauseUrl(clause)})`,
  ];
  return table(['name', 'what is wrong', 'what to do', 'clause'], refusals.map(row));
}

/** Code between `// <name>` and `// </name>` of test/flows/team.ts, which compiles and runs. */
function excerpt(name: string): string {
  const text = readFileSync(fileOf('test/flows/team.ts'), 'utf8');
  const [, code] = new RegExp(`// <${name}>\n([^]*?) *// </${name}>`).exec(text) ?? [];
  if (!code) throw new TypeError(`test/flows/team.ts has no part <${name}>`);
  return `\`\`\`ts\n${code.replaceAll(/^ {2}/gm, '').trim()}\n\`\`\``;
}

const generated: Readonly<Record<string, () => string>> = {
  ...(await snippets()),
  options,
  clauses: clauseRows,
  refusals: refusalRows,
  models: modelRows,
  kept: keptRows,
  states,
  stages: stageRows,
  exports: exportRows,
  library: () => excerpt('library'),
  team: () => excerpt('team'),
  moving: () => excerpt('moving'),
};

/** A document with the parts that are made out of the code: between `<!-- name -->` and `<!-- /name -->`. */
export function rendered(text: string): string {
  return Object.entries(generated).reduce(
    (rest, [name, make]) =>
      rest.replace(
        new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`),
        (_, from, to) => `${from}${make()}\n${to}`,
      ),
    text,
  );
}

export const read = (name: string = documents[0]) => readFile(fileOf(name), 'utf8');

if (import.meta.main) {
  optionsOf(commandLine('readme', 'write the parts of the documents that are made out of the code'));
  for (const name of documents) await writeFile(fileOf(name), rendered(await read(name)));
}
