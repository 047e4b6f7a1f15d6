import { parseArgs } from 'node:util';
import { coreInUnits, ours } from '../bench/subjects.ts';
import { Postgres } from '../support/postgres.ts';
import { Arena, fapiThings, type Tally, things } from './races.ts';

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const { values: options } = parseArgs({
  options: {
    attempts: { type: 'string', default: '100000' },
    processes: { type: 'string', default: '4' },
    only: { type: 'string', default: '' },
  },
});

const chosen = things.filter((thing) => new RegExp(options.only, 'i').test(thing));
const contest = {
  processes: Number(options.processes),
  attempts: Number(options.attempts) / chosen.length,
  contenders: 16,
  lanes: 6,
};
const postgres = await Postgres.start();
const tallies: Tally[] = [];
try {
  for (const [subject, contended] of [
    [ours, chosen.filter((thing) => fapiThings.includes(thing))],
    [coreInUnits, chosen.filter((thing) => !fapiThings.includes(thing))],
  ] as const) {
    if (contended.length === 0) continue;
    const arena = await Arena.open(await postgres.createDatabase(), { subject, ...contest });
    for (const thing of contended) {
      process.stderr.write(`contending for one ${thing} after another ...\n`);
      tallies.push(await arena.contend(thing));
    }
    await arena.close();
  }
} finally {
  await postgres.remove();
}
const total = (field: 'attempts' | 'spent' | 'winners' | 'duplicates' | 'unspent') =>
  tallies.reduce((sum, tally) => sum + tally[field], 0);
const rows = [
  ...tallies.map(({ what, attempts, spent, winners, duplicates, unspent }) =>
    [what, spent, attempts, winners, duplicates, unspent].join(' | '),
  ),
  ['all', total('spent'), total('attempts'), total('winners'), total('duplicates'), total('unspent')].join(' | '),
];
process.stdout.write(
  `| what | things | attempts | winners | duplicates | won by nobody |\n|---|---|---|---|---|---|\n${rows.map((row) => `| ${row} |\n`).join('')}`,
);
process.exitCode = total('duplicates') + total('unspent') > 0 ? 1 : 0;
