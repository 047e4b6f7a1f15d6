import type { Command } from 'commander';
import type { Config } from '../config/load.ts';
import { OperationalError } from '../errors.ts';
import type { Resources } from '../resources.ts';
import { openConfiguredStore } from '../server/configured_store.ts';
import { configured, examples, type Options, withConfig } from './command.ts';

export const summary = 'seal every row by the first of encryption_keys, so that the others may go';

/** Seals every row with the first of the keys, while servers that know it go on serving. */
export async function run(config: Config, resources: Resources, clear: boolean): Promise<void> {
  const store = await openConfiguredStore(config, resources);
  const { resealed, current, refused } = await store.reseal({ clear });
  console.log(`${resealed} rows sealed by the first key, ${current} were already`);
  if (refused > 0) {
    throw new OperationalError(
      `${refused} rows are opened by none of encryption_keys: left as they are, of no use to anyone`,
    );
  }
}

/** Adds the command to the program. */
export function register(program: Command): void {
  configured(program.command('reseal').description(summary))
    .addHelpText('after', examples('reseal --config as.yaml'))
    .option('--clear', 'seal rows that lie in the clear, too; they may be anybody’s work', false)
    .action((options: Options & { clear: boolean }) =>
      withConfig(options, (config, resources) => run(config, resources, options.clear)),
    );
}
