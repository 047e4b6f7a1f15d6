import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { ours, oursWithoutTrail } from '../subjects.ts';

/** Pushed authorization requests with and without the audit trail, from 32 connections. */
export async function audit(bench: Bench): Promise<Figure[]> {
  const samples = await bench.interleaved([ours, oursWithoutTrail], { kind: 'par' });
  const column = (field: 'rate' | 'server') =>
    Object.fromEntries(Object.entries(samples).map(([name, list]) => [name, list.map((sample) => sample[field])]));
  return [
    {
      name: 'pushes a second with the trail',
      unit: '/s',
      values: column('rate'),
      of: ours,
      against: oursWithoutTrail,
      goal: { sense: '>=', limit: 0.9 },
    },
    {
      name: 'server processor time a push with the trail',
      unit: 'ms',
      values: column('server'),
      of: ours,
      against: oursWithoutTrail,
    },
  ];
}
