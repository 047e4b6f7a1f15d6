import { readdirSync, readFileSync } from 'node:fs';

import { clauseUrl } from '../../lib/clause.ts';
import type { HeldClause } from '../../lib/fapi/mechanism.ts';
import { profiles } from '../../lib/profiles/profiles.ts';
import { cell, table } from './markdown.ts';

const folder = new URL('../../lib/', import.meta.url);

/** Files that name clauses without enforcing them: words of refusals, the demo, requirements of adapters, the trail, lists of mechanisms. */
const tellers = /^(fapi\/refusals|demo|contract|audit|check|profiles)\/|^(clause|values)\.ts$/;

const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !tellers.test(file))
  .sort()
  .map((file) => ({ file, text: readFileSync(new URL(file, folder), 'utf8') }));

/** Files beside the mechanism that name the clause, by its whole id. */
function elsewhere(id: string, own: string): string[] {
  const whole = new RegExp(`${id.replaceAll('.', '\\.')}(?![0-9.-]*[0-9])`);
  return sources.filter(({ file, text }) => file !== own && whole.test(text)).map(({ file }) => file);
}

const link = (file: string) => `[\`${file.replace('.ts', '')}\`](../${file})`;
const linkHere = (name: string) => `[\`${name}\`](${name}.ts)`;

function boot({ violated, client, tried }: HeldClause): string {
  return [violated && 'configuration', client && 'clients', tried && 'tried'].filter(Boolean).join(', ');
}

/** Every clause: the mechanism that states it, the files that enforce it, and how it is judged at boot. */
export function clauseRows(): string {
  const settings = { mtls: { url: 'https://localhost:9444' } };
  // What every profile has comes first, then what each adds.
  const mechanisms = new Map(
    Object.values(profiles)
      .flatMap((profile) => profile(settings).mechanisms)
      .map((mechanism) => [mechanism.clauses.map(({ id }) => id).join(), mechanism] as const),
  );
  const rows = [...mechanisms.values()].flatMap(({ name, clauses }) =>
    clauses.map((clause) => {
      const { id, text } = clause;
      const enforcers = [
        name === 'core' ? 'core itself' : linkHere(name),
        ...elsewhere(id, `fapi/${name}.ts`).map((file) => link(file)),
      ];
      return [`[${id}](${clauseUrl(id)})`, cell(text), linkHere(name), enforcers.join(', '), boot(clause)];
    }),
  );
  return table(['clause', 'what it asks', 'stated in', 'enforced in', 'judged at boot'], rows);
}
