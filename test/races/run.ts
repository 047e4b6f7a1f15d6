import { parseArgs } from 'node:util';

import { PostgresServer } from '../bench/postgres.ts';
import { ours, type SubjectName } from '../bench/subjects.ts';
import { contend, kinds, type Tally } from './races.ts';

const { values: options } = parseArgs({
  options: {
    attempts: { type: 'string', default: '100000' },
    processes: { type: 'string', default: '4' },
    subject: { type: 'string', default: ours },
    only: { type: 'string', default: '' },
  },
});

const chosen = Object.keys(kinds).filter((what) => new RegExp(options.only, 'i').test(what));
const postgres = await PostgresServer.create();
const tallies: Tally[] = [];
try {
  for (const what of chosen) {
    process.stderr.write(`contending for one ${what} after another ...\n`);
    tallies.push(
      await contend(what, await postgres.createDatabase(), {
        subject: options.subject as SubjectName,
        processes: Number(options.processes),
        attempts: Number(options.attempts) / chosen.length,
        contenders: 8,
        lanes: 6,
      }),
    );
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
