import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { coreOnNaive, ours, type SubjectName } from '../subjects.ts';
import { Wire } from '../wire.ts';

const COUNT = 20;

/** Counted on the wire, one request at a time, where nothing can be shared with a neighbour; and with 32 at a time. */
export async function roundTrips(bench: Bench): Promise<Figure[]> {
  const alone = { par: await count(bench, 'par', 1), flow: await count(bench, 'flow', 1) };
  const together = { par: await count(bench, 'par', 32), flow: await count(bench, 'flow', 32) };
  return [
    { name: 'round trips a push, alone', unit: '', values: alone.par, of: ours, goal: { sense: '<=', limit: 1 } },
    { name: 'round trips a flow, alone', unit: '', values: alone.flow, of: ours, goal: { sense: '<=', limit: 12 } },
    { name: 'round trips a push, 32 at a time', unit: '', values: together.par, of: ours },
    { name: 'round trips a flow, 32 at a time', unit: '', values: together.flow, of: ours },
  ];
}

export async function count(
  bench: Bench,
  kind: 'par' | 'flow',
  concurrency: number,
  subjects: readonly SubjectName[] = [ours, coreOnNaive],
): Promise<Record<string, number[]>> {
  const counted: Record<string, number[]> = {};
  for (const name of subjects) {
    const wire = await Wire.open(bench.postgres.port);
    const subject = await bench.start(name, { database_url: await bench.database(wire.port) });
    // What a process asks once at its start, or for its first request, is no request's round trip.
    await subject.measure({ kind, concurrency, count: concurrency * 2 });
    const before = wire.roundTrips;
    const { completed } = await subject.measure({ kind, concurrency, count: COUNT * concurrency });
    counted[name] = [(wire.roundTrips - before) / completed];
    await subject.stop();
    await wire.close();
  }
  return counted;
}
