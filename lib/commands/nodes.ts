import type { Command } from 'commander';

import type { Config } from '../config/load.ts';
import { UsageError } from '../errors.ts';
import { differences, type FleetNode, listNodes } from '../management/nodes.ts';
import type { Resources } from '../resources.ts';
import { openConfiguredStore } from '../server/configured_store.ts';
import { configured, examples, type JsonOptions, json, withConfig } from './command.ts';
import { print, table } from './output.ts';

export const summary = 'show the processes that serve from this database, and in what they differ';

const ago = (seen: number, now: number) => `${Math.max(0, Math.round((now - seen) / 1000))} s`;

function written(nodes: readonly FleetNode[], found: readonly { text: string }[]): string {
  if (nodes.length === 0) return 'no process has served from this database within a day';
  const now = Date.now();
  const rows = nodes.map(({ node, state, version, configuration, keys, clock_offset, started_at }) => [
    node,
    state,
    version,
    ago(started_at, now),
    configuration.slice(0, 8),
    keys.signing?.length ?? 0,
    clock_offset === null ? '' : `${clock_offset} ms`,
  ]);
  const headings = ['node', 'state', 'version', 'up', 'file', 'keys', 'clock'];
  return [table(headings, rows), ...found.map(({ text }) => text)].join('\n');
}

/** Prints the nodes of the last day. Where those that serve differ, the exit code is 2. */
export async function run(config: Config, resources: Resources, { json }: JsonOptions): Promise<void> {
  const { knex } = await openConfiguredStore(config, resources);
  const nodes = await listNodes(knex, config.database.schema);
  const found = differences(nodes);
  print(json, { nodes, differences: found }, () => written(nodes, found));
  if (found.length > 0) throw new UsageError(`the nodes differ: ${found.map(({ part }) => part).join(', ')}`);
}

/** Adds the command to the program. */
export function register(program: Command): void {
  json(configured(program.command('nodes').description(summary)))
    .addHelpText('after', examples('nodes --config as.yaml', 'nodes --config as.yaml --json'))
    .action((options: JsonOptions) => withConfig(options, (config, resources) => run(config, resources, options)));
}
