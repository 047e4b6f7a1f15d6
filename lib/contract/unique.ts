import assert from 'node:assert/strict';

import type { ReplayAdapter } from '../fapi/replay.ts';
import { seconds } from '../seconds.ts';
import { fresh, type Requirement, type Subject } from './requirement.ts';

function replay({ adapter, peer }: Subject): readonly ReplayAdapter[] {
  const both = [adapter, peer].map((of) => of('ReplayDetection') as ReplayAdapter);
  for (const { unique } of both) assert.equal(typeof unique, 'function', 'ReplayDetection has no unique()');
  return both;
}

const later = () => seconds() + 60;

/** Requirements that a profile adds to core's: `unique()` decides who was first with a `jti`. */
export const uniqueness: readonly Requirement[] = [
  {
    title: 'unique(): of eight at the same moment one is the first, in whichever process [RFC7523-3-7]',
    async run(subject) {
      const [own, other] = replay(subject) as [ReplayAdapter, ReplayAdapter];
      const id = fresh();
      const ask = (_: unknown, index: number) => (index % 2 ? own : other).unique(id, later());
      const answers = await Promise.all(Array.from({ length: 8 }, ask));
      assert.deepEqual(answers.sort(), [...Array(7).fill(false), true]);
    },
  },
  {
    title: 'unique(): what was taken stays taken until it expires, in every process [FAPI2-SP-FINAL-6.2]',
    async run(subject) {
      const [own, other] = replay(subject) as [ReplayAdapter, ReplayAdapter];
      const id = fresh();
      assert.equal(await own.unique(id, later()), true);
      for (const each of [own, other, own]) assert.equal(await each.unique(id, later()), false);
    },
  },
  {
    title: 'unique(): another id is untouched, however alike it is',
    async run(subject) {
      const [own] = replay(subject) as [ReplayAdapter];
      const id = fresh();
      for (const each of [id, `${id} `, id.toUpperCase(), `${id}0`])
        assert.equal(await own.unique(each, later()), true);
    },
  },
];
