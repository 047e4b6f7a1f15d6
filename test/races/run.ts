import { coreInUnits, ours } from '../bench/subjects.ts';
import { commandLine, count, optionsOf, refuse, regularExpression } from '../support/command_line.ts';
import { table } from '../support/markdown.ts';
import { Postgres } from '../support/postgres.ts';
import { Arena, fapiThings, type Tally, things } from './races.ts';

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

interface Options {
  readonly attempts: number;
  readonly processes: number;
  readonly only: RegExp;
}

const options = optionsOf<Options>(
  commandLine('races', 'lets processes contend for things that are to be spent once')
    .option('--attempts <n>', 'attempts in all', count, 100_000)
    .option('--processes <n>', 'processes on one database', count, 4)
    .option('--only <regex>', 'only the things whose name matches', regularExpression, /(?:)/),
);
const chosen = things.filter((thing) => options.only.test(thing));
if (chosen.length === 0) refuse(`no thing has a name that matches --only, write one of ${things.join(', ')}`);
const contest = {
  processes: options.processes,
  attempts: options.attempts / chosen.length,
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
const counted = ['spent', 'attempts', 'winners', 'duplicates', 'unspent'] as const;
const total = (field: (typeof counted)[number]) => tallies.reduce((sum, tally) => sum + tally[field], 0);
const rows = [
  ...tallies.map(({ what, ...tally }) => [what as string, ...counted.map((field) => tally[field])]),
  ['all', ...counted.map(total)],
];
const heading = ['what', 'things', 'attempts', 'winners', 'duplicates', 'won by nobody'];
process.stdout.write(`${table(heading, rows)}\n`);
process.exitCode = total('duplicates') + total('unspent') > 0 ? 1 : 0;
