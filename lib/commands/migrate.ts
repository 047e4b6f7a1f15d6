import { Argument, type Command } from 'commander';
import type { Knex } from 'knex';

import { makePartitions } from '../audit/retention.ts';
import type { Config } from '../config/load.ts';
import { grant } from '../database/grants.ts';
import { distribute, migrate, migrateDown, schemaOf, schemaStatus, tableOf } from '../database/schema.ts';
import { UsageError } from '../errors.ts';
import type { Resources } from '../resources.ts';
import { openConfiguredDatabase } from '../server/configured_store.ts';
import { configured, examples, type Options, withConfig } from './command.ts';

export const summary = 'bring the database schema up to this version, take the last migration back, or look';

export type Direction = 'up' | 'down' | 'status';

export interface MigrateOptions {
  /** Spreads the table over the workers of a Citus cluster. */
  readonly distribute: boolean;
  /** The role of the servers, which gets its rights and time limits. */
  readonly grant?: string | undefined;
}

export async function run(
  config: Config,
  resources: Resources,
  direction: Direction,
  { distribute: spread, grant: role }: MigrateOptions,
): Promise<void> {
  for (const [option, value] of Object.entries({ distribute: spread, grant: role })) {
    if (value && direction !== 'up') throw new UsageError(`--${option} goes with migrate up`);
  }
  const { knex } = await openConfiguredDatabase(config.database, resources);
  if (direction === 'status') {
    console.log(`the database schema is ${await schemaStatus(knex)}`);
    return;
  }
  const names = direction === 'up' ? await migrate(knex) : await migrateDown(knex);
  for (const name of names) console.log(`${direction === 'up' ? 'applied' : 'took back'} ${name}`);
  if (names.length === 0) console.log(direction === 'up' ? 'nothing to apply' : 'nothing to take back');
  if (direction === 'up') {
    const made = await partitions(knex, config);
    if (made.length > 0) console.log(`made ${made.length} partitions of the trail, one a month`);
  }
  if (spread) {
    await distribute(knex);
    console.log('the table is spread over the workers');
  }
  if (role) {
    const { left } = await grant(knex, role, config.database.schema);
    console.log(`${role} has the rights of a server, and no others`);
    for (const statement of left) console.log(`to limit its time, somebody who may alter it has to run: ${statement}`);
  }
}

/**
 * Makes the partitions of the trail. Where the role may not make them, or the table is locked, none is made, and `audit
 * retire` makes them later.
 */
async function partitions(knex: Knex, { database: { schema } }: Config): Promise<string[]> {
  const trail = { knex, table: tableOf(schemaOf(knex, schema)) };
  return makePartitions(trail).catch((error: { code?: unknown }) => {
    if (!/^(42501|55P03)$/.test(`${error.code}`)) throw error;
    process.stderr.write('no partitions of the trail were made: `audit retire`, run by their owner, makes them\n');
    return [];
  });
}

/** Adds the command to the program. */
export function register(program: Command): void {
  configured(program.command('migrate').description(summary))
    .addHelpText(
      'after',
      examples(
        'migrate status --config as.yaml',
        'migrate up --config as.yaml',
        'migrate up --grant as_server --config as.yaml',
        'migrate up --distribute --config as.yaml',
      ),
    )
    .addArgument(new Argument('<direction>', 'which way').choices(['up', 'down', 'status']))
    .option('--distribute', 'up, then spread the table over the workers of a Citus cluster', false)
    .option('--grant <role>', 'up, then give the role of the servers its rights and time limits')
    .action((direction: Direction, options: Options & MigrateOptions) =>
      withConfig(options, (config, resources) => run(config, resources, direction, options)),
    );
}
