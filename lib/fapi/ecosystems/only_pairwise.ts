import type { Clause } from '../../clause.ts';
import type { Mechanism } from '../mechanism.ts';
import type { SubjectSettings } from '../subject.ts';

/**
 * Allows pairwise subjects only: a client knows a person by a subject of its sector's own, which the `subject`
 * mechanism makes.
 *
 * @param rule the clause of the ecosystem that says so.
 * @param settings what the file says of subjects: nothing, or the same.
 * @example
 * onlyPairwise({ id: 'CID-IDA-5.1-4', text: 'subjects are pairwise' }, settings.subject)
 */
export function onlyPairwise(rule: Clause, { subject }: SubjectSettings = {}): Mechanism {
  return {
    name: 'ecosystems/only_pairwise',
    clauses: [
      {
        ...rule,
        violated: ({ subjectTypes = [] }) =>
          subject !== 'public' && [...subjectTypes].join() === 'pairwise'
            ? undefined
            : { path: ['subjectTypes'], text: 'must be pairwise and nothing else: write it, or leave it out' },
        *client({ subject_type: type }) {
          if (type !== undefined && type !== 'pairwise') yield { path: ['subject_type'], text: 'must be pairwise' };
        },
      },
    ],
    configuration: { subjectTypes: ['pairwise'] },
  };
}
