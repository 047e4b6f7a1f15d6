import { availableParallelism } from 'node:os';

import type { Bench, Sample } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { ours } from '../subjects.ts';

/**
 * Where the machine has fewer processors than two servers, Postgres and the load need, pushes a second stop at the
 * processors, not at the database. What a second process costs shows in the processor time of a push all the same:
 * two processes are worth twice one as far as a push costs no more on two than on one.
 */
export async function twoProcesses(bench: Bench): Promise<Figure[]> {
  const url = await bench.database();
  const one = await bench.start(ours, { database_url: url });
  const two = await bench.start(ours, { database_url: url, processes: 2 });
  const samples: { one: Sample[]; two: Sample[] } = { one: [], two: [] };
  for (const subject of [one, two]) await subject.measure({ kind: 'par', seconds: 2 });
  for (let repetition = 0; repetition < bench.repetitions; repetition++) {
    samples.one.push(await one.measure({ kind: 'par' }));
    samples.two.push(await two.measure({ kind: 'par', concurrency: 64 }));
  }
  await Promise.all([one.stop(), two.stop()]);
  const cost = ({ server, postgres }: Sample) => server + postgres;
  return [
    {
      name: `two processes for one, by pushes a second on ${availableParallelism()} processors`,
      unit: '/s',
      values: { two: samples.two.map(({ rate }) => rate), one: samples.one.map(({ rate }) => rate) },
      of: 'two',
      against: 'one',
    },
    {
      name: 'two processes for one, by processor time',
      unit: 'pushes per ms of server and Postgres',
      values: { two: samples.two.map((s) => 2 / cost(s)), one: samples.one.map((s) => 1 / cost(s)) },
      of: 'two',
      against: 'one',
      goal: { sense: '>=', limit: 1.8 },
    },
  ];
}
