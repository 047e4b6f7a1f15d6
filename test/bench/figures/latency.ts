import { randomBytes } from 'node:crypto';

import pg from 'pg';

import type { Bench } from '../bench.ts';
import { type Figure, median } from '../figure.ts';
import { coreInMemory, coreOnNaive, ours } from '../subjects.ts';

/** Latency of a push when the server is half busy: both are sent half of what ours can answer. */
export async function latency(bench: Bench): Promise<Figure[]> {
  const probe = await bench.start(ours);
  await probe.measure({ kind: 'par', seconds: 2 });
  const { rate } = await probe.measure({ kind: 'par' });
  await probe.stop();
  const roundTrip = await committedInsert(bench.postgres.url);
  const samples = await bench.interleaved([ours, coreInMemory, coreOnNaive], { kind: 'par', rate: rate / 2 });
  const column = (field: 'p50' | 'p99') =>
    Object.fromEntries(Object.entries(samples).map(([name, own]) => [name, own.map((sample) => sample[field])]));
  const memory = samples[coreInMemory].map(({ p50 }) => p50);
  const expected = 'core in memory and one committed insert';
  return [
    {
      name: 'p50 of a push at half load',
      unit: 'ms',
      values: { ...column('p50'), [expected]: memory.map((p50) => p50 + roundTrip) },
      of: ours,
      against: expected,
      goal: { sense: '<=', limit: 1 },
    },
    {
      name: `p99 of a push at half load, ${Math.round(rate / 2)} a second`,
      unit: 'ms',
      values: column('p99'),
      of: ours,
      against: coreInMemory,
    },
  ];
}

/** Median milliseconds of one durable insert of a row of a push's size, with nobody else about. */
async function committedInsert(url: string): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('create table round_trip (id bytea primary key, payload bytea)');
  const taken: number[] = [];
  for (let index = 0; index < 300; index++) {
    const started = performance.now();
    await client.query({
      name: 'round_trip',
      text: 'insert into round_trip values ($1, $2)',
      values: [randomBytes(32), randomBytes(650)],
    });
    taken.push(performance.now() - started);
  }
  await client.query('drop table round_trip');
  await client.end();
  return median(taken);
}
