import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { ours, oursReloading, oursRotating, oursWithMetrics } from '../subjects.ts';

/** Pushes while metrics are counted, while keys rotate, and while the configuration is read again, against none of it. */
export async function operated(bench: Bench): Promise<Figure[]> {
  const subjects = [ours, oursWithMetrics, oursRotating, oursReloading] as const;
  const samples = await bench.interleaved(subjects, { kind: 'par' });
  return subjects.slice(1).map((of) => ({
    name: `server processor time a push: ${of}`,
    unit: 'ms',
    values: Object.fromEntries(([of, ours] as const).map((name) => [name, samples[name].map(({ server }) => server)])),
    ...{ of, against: ours },
  }));
}
