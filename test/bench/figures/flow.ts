import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { coreInMemory, coreOnNaive, ours, oursInMemory } from '../subjects.ts';

/** Push, authorize, log in, consent, token: cookies kept, redirects followed, forms posted. */
export async function flow(bench: Bench): Promise<Figure[]> {
  const samples = await bench.interleaved([ours, oursInMemory, coreInMemory, coreOnNaive], { kind: 'flow' });
  const column = (field: 'rate' | 'server' | 'postgres', ...names: (keyof typeof samples)[]) =>
    Object.fromEntries(names.map((name) => [name, samples[name].map((sample) => sample[field])]));
  return [
    {
      name: 'flows a second, the same pages',
      unit: '/s',
      values: column('rate', ours, oursInMemory),
      of: ours,
      against: oursInMemory,
      goal: { sense: '>=', limit: 0.85 },
    },
    {
      name: 'flows a second, core with its own pages',
      unit: '/s',
      values: column('rate', ours, coreInMemory, coreOnNaive),
      of: ours,
      against: coreInMemory,
      goal: { sense: '>=', limit: 1 },
    },
    {
      name: 'server processor time a flow',
      unit: 'ms',
      values: column('server', ours, oursInMemory, coreInMemory, coreOnNaive),
      of: ours,
      against: coreInMemory,
    },
    {
      name: 'Postgres processor time a flow',
      unit: 'ms',
      values: column('postgres', ours, coreOnNaive),
      of: ours,
    },
  ];
}
