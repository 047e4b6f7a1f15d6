import type { Command } from 'commander';
import type { Config } from '../config/load.ts';
import type { Resources } from '../resources.ts';
import { openConfiguredStore } from '../server/configured_store.ts';
import { configured, examples, type Options, withConfig } from './command.ts';

export const summary = 'delete what has expired, once, and print how many rows of what it was';

export async function run(config: Config, resources: Resources): Promise<void> {
  const store = await openConfiguredStore(config, resources);
  const purged = Object.entries(await store.purge());
  for (const [model, rows] of purged.sort()) console.log(`${String(rows).padStart(9)}  ${model}`);
  const total = purged.reduce((sum, [, rows]) => sum + rows, 0);
  console.log(`${String(total).padStart(9)}  in all`);
}

/** Adds the command to the program. */
export function register(program: Command): void {
  configured(program.command('prune').description(summary))
    .addHelpText('after', examples('prune --config as.yaml'))
    .action((options: Options) => withConfig(options, run));
}
