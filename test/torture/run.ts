import { Option } from 'commander';

import { ours, type SubjectName, subjectNames } from '../bench/subjects.ts';
import { commandLine, count, optionsOf } from '../support/command_line.ts';
import { torture, year } from './torture.ts';

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

interface Options {
  readonly kills: number;
  readonly subject: SubjectName;
  readonly rounds?: number;
}

const options = optionsOf<Options>(
  commandLine('torture', 'kills provider and database in the middle of flows, and counts what was lost or spent twice')
    .option('--kills <n>', 'how often', count, 50)
    .option('--rounds <n>', 'instead, this many rounds of all that happens to a fleet in a year', count)
    .addOption(new Option('--subject <name>', 'whom').choices(subjectNames).default(ours)),
);

// A killed database is worth a line in the log each time; here the table says it all.
process.env.LOG_LEVEL ??= 'silent';
const { subject, kills, rounds } = options;
const ledger =
  rounds === undefined
    ? await torture({ subject, kills, customers: 16, pushers: 6 })
    : (await year({ rounds, customers: 8 })).ledger;
process.stdout.write(`${ledger}\n`);
process.exitCode = ledger.failed ? 1 : 0;
