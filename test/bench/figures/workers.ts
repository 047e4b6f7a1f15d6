import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { oursByOneWorker as one, oursByTwoWorkers as two } from '../subjects.ts';

/** Pushes to one worker, and to two that share a listener. The processor time is that of all of them and the primary. */
export async function workers(bench: Bench): Promise<Figure[]> {
  const samples = await bench.interleaved([one, two], { kind: 'par', concurrency: 64 });
  const values = (of: 'rate' | 'server') => ({
    [two]: samples[two].map((sample) => sample[of]),
    [one]: samples[one].map((sample) => sample[of]),
  });
  return [
    { name: 'pushes a second: workers 2 for 1', unit: '/s', values: values('rate'), of: two, against: one },
    {
      name: 'server processor time a push: workers 2 for 1',
      unit: 'ms',
      values: values('server'),
      of: two,
      against: one,
    },
  ];
}
