import { requirements, subjectOf } from '../../lib/contract/contract.ts';
import { behindPgBouncer, inMemory, onNaive, onPglite, onPostgres } from '../store/stores.ts';
import { hasPgBouncer } from '../support/pgbouncer.ts';
import { stopPostgres } from '../support/postgres.ts';

/** Prints, for the README, what each adapter fails. */
const stores = {
  'ours on PGlite': onPglite,
  'ours on Postgres': onPostgres,
  ...(hasPgBouncer ? { 'ours behind PgBouncer': behindPgBouncer } : {}),
  "core's in memory": inMemory,
  'naive knex': onNaive,
};

/** A requirement's models that hold and that do not, for each store. */
const results = new Map(
  requirements.map(({ title }) => [title, Object.keys(stores).map(() => ({ all: 0, failed: 0 }))]),
);
for (const [index, open] of Object.values(stores).entries()) {
  const opened = await open();
  const subject = subjectOf(opened);
  for (const { title, run } of requirements) {
    const cell = results.get(title)?.[index] as { all: number; failed: number };
    cell.all += 1;
    await run(subject).catch(() => {
      cell.failed += 1;
    });
  }
  await opened.close?.();
}
await stopPostgres();

const word = ({ all, failed }: { all: number; failed: number }) =>
  failed === 0 ? 'holds' : all === 1 ? '**fails**' : `**fails** for ${failed} of ${all} models`;
const names = Object.keys(stores);
console.log(`| of ${requirements.length} requirements | ${names.join(' | ')} |`);
console.log(`|${' --- |'.repeat(names.length + 1)}`);
for (const [title, cells] of results) {
  if (cells.some(({ failed }) => failed > 0)) console.log(`| ${title} | ${cells.map(word).join(' | ')} |`);
}
const failed = names.map((_, index) =>
  [...results.values()].reduce((sum, cells) => sum + (cells[index]?.failed ?? 0), 0),
);
console.log(`| **failed** | ${failed.join(' | ')} |`);
