import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { coreInMemory, ours, type SubjectName } from '../subjects.ts';

const PUSHES = 200_000;
const SHARE = 20_000;

/** Resident memory on the way to 200,000 pushes, and whether it still grows in the second half of the way. */
export async function memory(bench: Bench): Promise<Figure[]> {
  const [own, core] = [await grow(bench, ours), await grow(bench, coreInMemory)];
  const half = own[own.length / 2 - 1] ?? Number.NaN;
  return [
    {
      name: `resident memory after ${PUSHES} pushes`,
      unit: 'MiB',
      values: { [ours]: own.slice(-1), [coreInMemory]: core.slice(-1) },
      of: ours,
      against: coreInMemory,
      goal: { sense: '<=', limit: 1.2 },
    },
    {
      name: 'the same after the whole way, against half of it',
      unit: 'MiB',
      values: { whole: own.slice(-1), half: [half] },
      of: 'whole',
      against: 'half',
      goal: { sense: '<=', limit: 1.05 },
    },
  ];
}

async function grow(bench: Bench, name: SubjectName): Promise<number[]> {
  const subject = await bench.start(name);
  const resident: number[] = [];
  for (let pushed = 0; pushed < PUSHES; pushed += SHARE) {
    await subject.measure({ kind: 'par', count: SHARE });
    resident.push(subject.residentMemory);
  }
  await subject.stop();
  return resident;
}
