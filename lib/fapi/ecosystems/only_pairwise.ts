import type { Clause } from '../../clause.ts';
import type { Mechanism } from '../mechanism.ts';

/** Every client knows a person by a subject of its sector's own: the `subject` mechanism makes them. */
export function onlyPairwise(rule: Clause): Mechanism {
  return {
    name: 'ecosystems/only_pairwise',
    clauses: [
      {
        ...rule,
        violated: ({ subjectTypes = [] }) =>
          [...subjectTypes].join() === 'pairwise'
            ? undefined
            : { path: ['subjectTypes'], text: 'must be pairwise and nothing else: write it, or leave it out' },
        *client({ subject_type: type }) {
          if (type !== undefined && type !== 'pairwise') yield { path: ['subject_type'], text: 'must be pairwise' };
        },
      },
    ],
  };
}
