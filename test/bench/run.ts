import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { selfSigned } from '../../lib/server/development_certificate.ts';
import { Postgres, query } from '../support/postgres.ts';
import { Bench } from './bench.ts';
import { type Figure, table } from './figure.ts';
import { ablation } from './figures/ablation.ts';
import { audit } from './figures/audit.ts';
import { clients } from './figures/clients.ts';
import { expiredRows } from './figures/expired_rows.ts';
import { flow } from './figures/flow.ts';
import { largePush } from './figures/large_push.ts';
import { latency } from './figures/latency.ts';
import { logins } from './figures/logins.ts';
import { memory } from './figures/memory.ts';
import { push } from './figures/push.ts';
import { roundTrips } from './figures/round_trips.ts';
import { seal } from './figures/seal.ts';
import { start } from './figures/start.ts';
import { twoProcesses } from './figures/two_processes.ts';
import { plot } from './plot.ts';

const rooms = {
  audit,
  push,
  largePush,
  flow,
  roundTrips,
  ablation,
  twoProcesses,
  latency,
  logins,
  expiredRows,
  seal,
  clients,
  memory,
  start,
};

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '6' },
    repetitions: { type: 'string', default: '5' },
    tls: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    plot: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  process.stdout.write(`Measures the provider and its store against the bare core in memory, in one run.

  npm run bench -- [--only REGEX] [--seconds N] [--repetitions N] [--tls] [--json] [--plot FILE.svg] [--profile FOLDER]

Listeners are plain, as behind a proxy that ends TLS; with --tls they speak it themselves, on both sides.
figures: ${Object.keys(rooms).join(', ')}
`);
  process.exit();
}

const postgres = await Postgres.start();
const { rows } = await query(postgres.url, 'show server_version');
const machine = [
  `Node ${process.versions.node}`,
  `Postgres ${rows[0].server_version}`,
  `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown processor'} for server, database and load`,
  new Date().toISOString().slice(0, 10),
].join(', ');
const bench = new Bench(postgres, {
  seconds: Number(options.seconds),
  repetitions: Number(options.repetitions),
  profile: options.profile,
  tls: options.tls ? await selfSigned(['localhost']) : undefined,
});
const figures: Figure[] = [];
try {
  for (const [name, measure] of Object.entries(rooms)) {
    if (!new RegExp(options.only, 'i').test(name)) continue;
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
