import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

import { selfSigned } from '../../lib/server/development_certificate.ts';
import { commandLine, count, optionsOf, positive, refuse, regularExpression } from '../support/command_line.ts';
import { Postgres, query } from '../support/postgres.ts';
import { Bench } from './bench.ts';
import { type Figure, table } from './figure.ts';
import { ablation } from './figures/ablation.ts';
import { audit } from './figures/audit.ts';
import { clients } from './figures/clients.ts';
import { expiredRows } from './figures/expired_rows.ts';
import { flow } from './figures/flow.ts';
import { imports } from './figures/importing.ts';
import { largePush } from './figures/large_push.ts';
import { latency } from './figures/latency.ts';
import { logins } from './figures/logins.ts';
import { memory } from './figures/memory.ts';
import { operated } from './figures/operated.ts';
import { operation } from './figures/operation.ts';
import { push } from './figures/push.ts';
import { registryOf } from './figures/registry.ts';
import { roundTrips } from './figures/round_trips.ts';
import { seal } from './figures/seal.ts';
import { start } from './figures/start.ts';
import { twoProcesses } from './figures/two_processes.ts';
import { workers } from './figures/workers.ts';
import { plot } from './plot.ts';

const rooms = {
  audit,
  push,
  largePush,
  flow,
  roundTrips,
  ablation,
  twoProcesses,
  workers,
  latency,
  logins,
  expiredRows,
  seal,
  clients,
  operated,
  operation,
  registry: registryOf,
  memory,
  start,
  imports,
};

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

interface Options {
  readonly only: RegExp;
  readonly seconds: number;
  readonly repetitions: number;
  readonly tls: boolean;
  readonly json: boolean;
  readonly plot?: string;
  readonly profile?: string;
}

const options = optionsOf<Options>(
  commandLine('bench', 'measures the provider and its store against the bare core in memory, in one run')
    .option('--only <regex>', 'only the figures whose name matches', regularExpression, /(?:)/)
    .option('--seconds <n>', 'seconds each measurement takes', positive, 6)
    .option('--repetitions <n>', 'how often each is repeated', count, 5)
    .option(
      '--tls',
      'the listeners speak TLS themselves, on both sides; plain ones otherwise, as behind a proxy',
      false,
    )
    .option('--json', 'print JSON', false)
    .option('--plot <file.svg>', 'draw the figures')
    .option('--profile <folder>', 'write a processor profile of each server')
    .addHelpText('after', `\nfigures: ${Object.keys(rooms).join(', ')}\n`),
);
const chosen = Object.entries(rooms).filter(([name]) => options.only.test(name));
if (chosen.length === 0)
  refuse(`no figure has a name that matches --only, write one of ${Object.keys(rooms).join(', ')}`);
const postgres = await Postgres.start();
const { rows } = await query(postgres.url, 'show server_version');
const machine = [
  `Node ${process.versions.node}`,
  `Postgres ${rows[0].server_version}`,
  `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown processor'} for server, database and load`,
  new Date().toISOString().slice(0, 10),
].join(', ');
const bench = new Bench(postgres, {
  seconds: options.seconds,
  repetitions: options.repetitions,
  profile: options.profile,
  tls: options.tls ? await selfSigned(['localhost']) : undefined,
});
const figures: Figure[] = [];
try {
  for (const [name, measure] of chosen) {
    process.stderr.write(`measuring ${name} ...\n`);
    figures.push(...(await measure(bench)));
  }
} finally {
  await bench.close();
}
process.stdout.write(
  options.json ? `${JSON.stringify({ machine, figures }, null, 2)}\n` : `${table(figures)}\n\n${machine}\n`,
);
if (options.plot) writeFileSync(options.plot, plot(figures, machine));
