import { openOurs } from './stores.ts';

/** A node whose clock is ahead, or behind, by as many seconds as its environment says. */
const ahead = Number(process.env.SECONDS_AHEAD) * 1000;
const Clock = Date;
globalThis.Date = class extends Clock {
  constructor(...of: unknown[]) {
    super(...((of.length > 0 ? of : [Clock.now() + ahead]) as []));
  }

  static override now = () => Clock.now() + ahead;
} as DateConstructor;

const { startCore } = await import('./core.ts');
const { unitOfWork } = await import('../../lib/store/unit_of_work.ts');
const { purge } = await import('../../lib/store/purge.ts');
const { openDatabase } = await import('../../lib/database/database.ts');

const url = process.env.DATABASE_URL as string;
const { adapter } = await openOurs(url);
const { port } = await startCore(adapter, unitOfWork);
const { knex } = await openDatabase({ url });
process.on('message', async () => process.send?.(await purge(knex)));
process.send?.(port);
