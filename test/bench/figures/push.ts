import type { Bench, Sample } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { coreInMemory, coreOnNaive, coreOnOurs, ours, type SubjectName } from '../subjects.ts';

/** Pushed authorization requests as fast as they go, from 32 connections. */
export async function push(bench: Bench): Promise<Figure[]> {
  const samples = await bench.interleaved([ours, coreInMemory, coreOnOurs, coreOnNaive], { kind: 'par' });
  const column = (field: 'rate' | 'server' | 'postgres', ...names: (keyof typeof samples)[]) =>
    Object.fromEntries(names.map((name) => [name, samples[name].map((sample) => sample[field])]));
  const compared = { of: ours, against: coreInMemory } as const;
  return [
    {
      name: 'pushes a second, 32 at a time',
      unit: '/s',
      values: column('rate', ours, coreInMemory, coreOnOurs, coreOnNaive),
      ...compared,
      goal: { sense: '>=', limit: 0.95 },
    },
    {
      name: 'server processor time a push',
      unit: 'ms',
      values: column('server', ours, coreInMemory, coreOnOurs, coreOnNaive),
      ...compared,
      goal: { sense: '<=', limit: 1.1 },
    },
    {
      name: 'Postgres processor time a push',
      unit: 'ms',
      values: column('postgres', ours, coreOnOurs, coreOnNaive),
      of: ours,
    },
    {
      name: 'Postgres processor time a push',
      unit: 'x its server',
      values: share(samples, ours, coreOnOurs, coreOnNaive),
      of: ours,
      goal: { sense: '<=', limit: 0.15 },
    },
  ];
}

function share<S extends SubjectName>(samples: Record<S, Sample[]>, ...names: S[]): Record<string, number[]> {
  return Object.fromEntries(
    names.map((name) => [name, samples[name].map(({ postgres, server }) => postgres / server)]),
  );
}
