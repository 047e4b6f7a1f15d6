import assert from 'node:assert/strict';

import type { AdapterPayload } from 'oidc-provider';

import { modelsThat } from '../store/models.ts';
import { each, found, fresh, payloadOf, type Requirement, saved, winners } from './requirement.ts';

const spendable = modelsThat(({ isCore, spent }) => isCore && (spent === 'code' || spent === 'token'));
const requests = modelsThat(({ isCore, spent }) => isCore && spent === 'request');

/** Requirements on spending: a code, a request or a jti is spent once, also by two at the same moment. */
export const spending: readonly Requirement[] = [
  ...each([...spendable, ...requests], (model) => ({
    model,
    title: 'used by eight at the same moment, one of them gets it [FAPI2-SP-FINAL-5.3.2.2-9]',
    async run(subject) {
      const id = await saved(subject, model, { grantId: fresh() });
      const attempts = Array.from({ length: 8 }, (_, index) =>
        (index % 2 ? subject.adapter : subject.peer)(model).consume(id),
      );
      assert.equal(await winners(attempts), 1);
    },
  })),
  ...each([...spendable, ...requests], (model) => ({
    model,
    title: 'used again is refused, and is found as used',
    async run(subject) {
      const id = await saved(subject, model, { grantId: fresh() });
      await subject.adapter(model).consume(id);
      const row = await found(subject.peer(model), id);
      assert.ok(row?.consumed);
      assert.equal(row.kind, model);
      assert.equal(await winners([subject.peer(model).consume(id)]), 0);
    },
  })),
  {
    title: 'what was never saved cannot be used',
    run: async ({ adapter }) => assert.equal(await winners([adapter('AuthorizationCode').consume(fresh())]), 0),
  },
  {
    title: 'a copy read before the use, and saved after it, does not undo the use',
    async run(subject) {
      const model = 'DeviceCode';
      const id = await saved(subject, model, { userCode: fresh() });
      const copy = (await found(subject.adapter(model), id)) as AdapterPayload;
      await subject.peer(model).consume(id);
      await subject.adapter(model).upsert(id, copy, 60);
      assert.ok((await found(subject.adapter(model), id))?.consumed);
    },
  },
  {
    title: 'who uses a code that was used revokes what it was good for, the grant too [RFC6749-4.1.2]',
    async run(subject) {
      const grantId = await saved(subject, 'Grant');
      const code = await saved(subject, 'AuthorizationCode', { grantId });
      await subject.adapter('AuthorizationCode').consume(code);
      const tokens = [
        await saved(subject, 'AccessToken', { grantId }),
        await saved(subject, 'RefreshToken', { grantId }),
      ];
      await winners([subject.peer('AuthorizationCode').consume(code)]);
      assert.equal(await found(subject.adapter('AccessToken'), tokens[0] as string), undefined);
      assert.equal(await found(subject.adapter('RefreshToken'), tokens[1] as string), undefined);
      assert.equal(await found(subject.adapter('Grant'), grantId), undefined);
    },
  },
  {
    title: 'ReplayDetection: saved by eight at the same moment, one of them gets through [FAPI2-SP-FINAL-6.2]',
    async run({ adapter, peer }) {
      const id = fresh();
      const save = (index: number) =>
        (index % 2 ? adapter : peer)('ReplayDetection').upsert(
          id,
          payloadOf('ReplayDetection', id, { iss: 'client' }),
          60,
        );
      assert.equal(await winners(Array.from({ length: 8 }, (_, index) => save(index))), 1);
      assert.ok(await found(peer('ReplayDetection'), id));
    },
  },
];
