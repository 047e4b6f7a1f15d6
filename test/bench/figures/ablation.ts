import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { coreInUnits, coreOnOurs, coreWithoutExchange, coreWithoutForesight, type SubjectName } from '../subjects.ts';
import { count } from './round_trips.ts';

/** The store with one part after another put on. */
const parts = {
  batching: coreOnOurs,
  '+ units': coreWithoutForesight,
  '+ foresight': coreWithoutExchange,
  '+ exchange': coreInUnits,
} as const satisfies Record<string, SubjectName>;

const subjects = Object.values(parts);
const byPart = (values: Readonly<Record<string, number[]>>) =>
  Object.fromEntries(Object.entries(parts).map(([part, subject]) => [part, values[subject] ?? []]));
const last = '+ exchange';

/** What each part of the store pays, at one client and at 32: round trips, and processor time of the server. */
export async function ablation(bench: Bench): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [concurrency, when] of [
    [1, 'alone'],
    [32, '32 at a time'],
  ] as const) {
    for (const [kind, what] of [
      ['par', 'a push'],
      ['flow', 'a flow'],
    ] as const) {
      const trips = await count(bench, kind, concurrency, subjects);
      figures.push({
        name: `parts of the store: round trips ${what}, ${when}`,
        unit: '',
        values: byPart(trips),
        of: last,
      });
      const samples = await bench.interleaved(subjects, { kind, concurrency });
      const used = Object.fromEntries(subjects.map((name) => [name, samples[name].map(({ server }) => server)]));
      figures.push({
        name: `parts of the store: server processor time ${what}, ${when}`,
        unit: 'ms',
        values: byPart(used),
        of: last,
        against: 'batching',
      });
    }
  }
  return figures;
}
