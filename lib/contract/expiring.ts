import assert from 'node:assert/strict';

import { seconds } from '../seconds.ts';
import { modelsThat } from '../store/models.ts';
import { each, found, fresh, payloadOf, type Requirement, saved } from './requirement.ts';

/** Models whose rows core looks at after they have expired. */
const outlasting = modelsThat(({ spent }) => spent === 'code' || spent === 'request');

/** Requirements on rows that have expired: they are there for as long as core asks about them. */
export const expiring: readonly Requirement[] = [
  ...each(['no', 'a fractional', 'a zero', 'a negative'], (lifetime) => ({
    title: `${lifetime} lifetime is accepted`,
    async run(subject) {
      const expiresIn = { no: undefined, 'a fractional': 1.5, 'a zero': 0, 'a negative': -10 }[lifetime];
      const id = fresh();
      await subject.adapter('AccessToken').upsert(id, payloadOf('AccessToken', id), expiresIn);
      if (expiresIn === undefined) assert.ok(await found(subject.adapter('AccessToken'), id));
    },
  })),
  ...each(outlasting, (model) => ({
    model,
    title: 'an expired one is still found, and whether it was used [FAPI2-SP-FINAL-5.3.2.2-9]',
    async run(subject) {
      const id = await saved(subject, model, { exp: seconds() - 120 }, -120);
      assert.ok(await found(subject.adapter(model), id), 'its use can no longer be told');
      await subject.adapter(model).consume(id);
      assert.ok((await found(subject.peer(model), id))?.consumed);
    },
  })),
];
