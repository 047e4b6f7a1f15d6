import type { Command } from 'commander';
import type { Config } from '../config/load.ts';
import type { Resources } from '../resources.ts';
import { profileOf } from '../server/provider.ts';
import { configured, examples, type Options, withConfig } from './command.ts';
import { judgeWhole, stand } from './judge.ts';

export const summary = 'say whether a configuration is inside its profile, and what holds each clause';

/** What is wrong has been said when the configuration was loaded: here it is fine. */
export async function run(config: Config, _resources: Resources, file: string): Promise<void> {
  const { name, mechanisms } = profileOf(config, await stand(config));
  const clauses = mechanisms.flatMap((mechanism) =>
    mechanism.clauses.map((clause) => ({ ...clause, by: mechanism.name })),
  );
  const widest = (column: 'id' | 'by') => Math.max(...clauses.map((clause) => clause[column].length));
  const [idWidth, byWidth] = [widest('id'), widest('by')];
  for (const { id, text, by } of clauses) {
    console.log(`${id.padEnd(idWidth)}  held by ${by.padEnd(byWidth)}  ${text}`);
  }
  const counts = `${clauses.length} clauses held, ${config.clients.length} clients`;
  console.log(`${file}: ok: ${config.issuer} is inside ${name} (${counts})`);
}

/** Adds the command to the program. */
export function register(program: Command): void {
  configured(program.command('check').description(summary))
    .addHelpText('after', examples('check --config as.yaml'))
    .action((options: Options) => withConfig(options, run, judgeWhole));
}
