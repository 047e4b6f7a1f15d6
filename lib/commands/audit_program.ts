import type { Command } from 'commander';

import * as audit from './audit.ts';
import { configured, examples, type JsonOptions, json, type Options, withConfig } from './command.ts';

/** Adds the commands to the program. */
export function register(program: Command): void {
  const group = program.command('audit').description(audit.summary);
  json(configured(group.command('list').description('tell records of the trail, a sentence each')))
    .option('--account <login>', 'a login, or a sub')
    .option('--client <client_id>', 'what a client did')
    .option('--grant <id>', 'a grant, by its id or the hash of it in the table')
    .option('--flow <id>', 'one flow')
    .option('--event <name>', 'one kind of event, such as code.issued')
    .option('--since <time>', 'a date, or so long ago: 90m, 12h, 7d')
    .option('--until <time>', 'the same')
    .addHelpText(
      'after',
      examples(
        'audit list --config as.yaml --account jane --since 7d',
        'audit list --config as.yaml --event login.refused --since 2026-11-01 --json',
      ),
    )
    .action(({ config, set, json: asJson, ...filter }: JsonOptions & audit.Filter) =>
      withConfig({ config, set }, (loaded, resources) => audit.list(loaded, resources, filter, asJson)),
    );
  json(configured(group.command('verify').description('verify that no record is missing, edited or moved')))
    .addHelpText('after', examples('audit verify --config as.yaml'))
    .action((options: JsonOptions) =>
      withConfig(options, (config, resources) => audit.verify(config, resources, options.json)),
    );
  configured(group.command('export').description('print every row as it stands in the table, as JSON lines'))
    .addHelpText('after', examples('audit export --config as.yaml > trail.jsonl'))
    .action((options: Options) => withConfig(options, audit.exportRows));
  configured(
    group
      .command('retire')
      .description('make the partitions of the coming months, and drop records older than audit.keep_days'),
  )
    .addHelpText('after', examples('audit retire --config as.yaml'))
    .action((options: Options) => withConfig(options, audit.retire));
  json(configured(program.command('explain <flow>').description('tell one flow of the trail, from the push on')))
    .addHelpText('after', examples('explain iBqou4uUpdIxhSINJIKnMP --config as.yaml'))
    .action((flow: string, options: JsonOptions) =>
      withConfig(options, (config, resources) => audit.explain(config, resources, flow, options.json)),
    );
}
