import { openOurs } from './stores.ts';
import '../support/ahead.ts';

// A node whose clock is ahead, or behind: what follows is loaded after it.
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
