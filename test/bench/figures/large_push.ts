import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { ours } from '../subjects.ts';

/** Kilobytes of authorization_details, and how many pushes of that size are signed before the clock starts. */
const sizes = [
  [1, 4000],
  [16, 1500],
  [256, 150],
] as const;

/** Pushes by size. Core in memory reads no more than 56 kB, so that they stand by themselves. */
export async function largePush(bench: Bench): Promise<Figure[]> {
  const subject = await bench.start(ours);
  const figures: Figure[] = [];
  for (const [kilobytes, count] of sizes) {
    const measure = { kind: 'par', bytes: kilobytes * 1000, count } as const;
    await subject.measure({ ...measure, count: Math.ceil(count / 10) });
    const samples = [];
    for (let repetition = 0; repetition < bench.repetitions; repetition++) samples.push(await subject.measure(measure));
    const name = `pushes with ${kilobytes} kB of authorization_details`;
    figures.push(
      { name: `${name} a second`, unit: '/s', values: { [ours]: samples.map(({ rate }) => rate) }, of: ours },
      {
        name: `server processor time of ${name}`,
        unit: 'ms',
        values: { [ours]: samples.map(({ server }) => server) },
        of: ours,
      },
    );
  }
  await subject.stop();
  return figures;
}
