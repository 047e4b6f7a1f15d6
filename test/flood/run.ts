import { commandLine, count, optionsOf } from '../support/command_line.ts';
import { table } from '../support/markdown.ts';
import { type Amounts, bound, flood, type Row } from './flood.ts';

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const rows = await flood(
  optionsOf<Amounts>(
    commandLine('flood', 'wears a server out, and looks at its memory and at honest clients meanwhile')
      .option('--connections <n>', 'idle connections', count, 10_000)
      .option('--clients <n>', 'client ids nobody knows', count, 100_000)
      .option('--headers <n>', 'requests of 1 MB of headers', count, 200),
  ),
);
const cells = (row: Row) => [
  row.what,
  row.sent,
  row.before,
  row.after,
  row.before + bound(row),
  row.honest,
  row.served,
];
const heading = ['flood', 'sent', 'MB before', 'MB after', 'MB allowed', 'honest', 'served'];
process.stdout.write(`${table(heading, rows.map(cells))}\n`);
if (rows.some((row) => row.served < row.honest || row.after - row.before > bound(row))) process.exitCode = 1;
