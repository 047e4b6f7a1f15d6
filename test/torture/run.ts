import { parseArgs } from 'node:util';

import { ours, type SubjectName } from '../bench/subjects.ts';
import { torture } from './torture.ts';

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const { values: options } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    subject: { type: 'string', default: ours },
  },
});

// A killed database is worth a line in the log each time; here the table says it all.
process.env.LOG_LEVEL ??= 'silent';
const ledger = await torture({
  subject: options.subject as SubjectName,
  kills: Number(options.kills),
  customers: 16,
  pushers: 6,
});
process.stdout.write(`${ledger}\n`);
process.exitCode = ledger.failed ? 1 : 0;
