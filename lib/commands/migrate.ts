import type { Config } from '../config/load.ts';
import { distribute, migrate, migrateDown, schemaStatus } from '../database/schema.ts';
import { OperationalError } from '../errors.ts';
import type { Resources } from '../resources.ts';
import { openConfigured } from '../server/open_store.ts';

export const summary = 'bring the database schema up to this version, take the last migration back, or look';

export type Direction = 'up' | 'down' | 'status';

export async function run(config: Config, resources: Resources, direction: Direction, spread: boolean): Promise<void> {
  if (spread && direction !== 'up') throw new OperationalError('--distribute goes with migrate up');
  const { knex } = await openConfigured(config.database, resources);
  if (direction === 'status') {
    console.log(`the database schema is ${await schemaStatus(knex)}`);
    return;
  }
  const names = direction === 'up' ? await migrate(knex) : await migrateDown(knex);
  for (const name of names) console.log(`${direction === 'up' ? 'applied' : 'took back'} ${name}`);
  if (names.length === 0) console.log(direction === 'up' ? 'nothing to apply' : 'nothing to take back');
  if (spread) {
    await distribute(knex);
    console.log('the table is spread over the workers');
  }
}
