import assert from 'node:assert/strict';

import type { AdapterPayload } from 'oidc-provider';

import { modelsThat } from '../store/models.ts';
import { each, found, fresh, payloadOf, type Requirement, saved } from './requirement.ts';

const ofGrant = modelsThat(({ isCore, ofGrant }) => isCore && ofGrant);
const staying = modelsThat(({ isCore, returns, spent }) => isCore && !returns && spent !== 'jti');

/**
 * Requirements on removing: a row that was destroyed or revoked stays so, and what is left is found by its other names.
 */
export const removing: readonly Requirement[] = [
  {
    title: 'what was destroyed is not found, by no name; destroying it again is no error',
    async run(subject) {
      const [uid, userCode] = [fresh(), fresh()];
      const session = await saved(subject, 'Session', { uid });
      const device = await saved(subject, 'DeviceCode', { userCode });
      for (const _ of [1, 2]) {
        await subject.adapter('Session').destroy(session);
        await subject.adapter('DeviceCode').destroy(device);
      }
      assert.equal(await found(subject.peer('Session'), session), undefined);
      assert.equal((await subject.peer('Session').findByUid(uid)) ?? undefined, undefined);
      assert.equal((await subject.peer('DeviceCode').findByUserCode(userCode)) ?? undefined, undefined);
    },
  },
  ...each(staying, (model) => ({
    model,
    title: 'what was destroyed stays so, also when a copy of it is saved that was read before',
    async run(subject) {
      const id = await saved(subject, model, { grantId: fresh() });
      const copy = (await found(subject.peer(model), id)) as AdapterPayload;
      const save = () => subject.peer(model).upsert(id, copy, 60);
      await Promise.all([save(), subject.adapter(model).destroy(id), save(), save()]);
      await save();
      assert.equal(await found(subject.adapter(model), id), undefined);
      assert.equal(await found(subject.peer(model), id), undefined);
    },
  })),
  {
    title: 'what was revoked with its grant stays so, also when a copy of it is saved that was read before',
    async run(subject) {
      const grantId = fresh();
      const id = await saved(subject, 'RefreshToken', { grantId });
      const copy = (await found(subject.peer('RefreshToken'), id)) as AdapterPayload;
      await subject.adapter('RefreshToken').revokeByGrantId(grantId);
      await subject.peer('RefreshToken').upsert(id, copy, 60);
      assert.equal(await found(subject.adapter('RefreshToken'), id), undefined);
    },
  },
  {
    title: 'a client may be registered again after it was removed',
    async run(subject) {
      const id = await saved(subject, 'Client');
      await subject.adapter('Client').destroy(id);
      await subject.peer('Client').upsert(id, payloadOf('Client', id), 60);
      assert.ok(await found(subject.adapter('Client'), id));
    },
  },
  {
    title: 'a session is found by its uid, also under a new id',
    async run(subject) {
      const uid = fresh();
      const old = await saved(subject, 'Session', { uid, accountId: 'somebody' });
      assert.equal((await subject.peer('Session').findByUid(uid))?.jti, old);
      await subject.adapter('Session').destroy(old);
      const renewed = await saved(subject, 'Session', { uid, accountId: 'somebody' });
      assert.equal((await subject.peer('Session').findByUid(uid))?.jti, renewed);
      assert.equal((await subject.adapter('Session').findByUid(fresh())) ?? undefined, undefined);
    },
  },
  {
    title: 'a device request is found by its user code',
    async run(subject) {
      const userCode = fresh();
      const id = await saved(subject, 'DeviceCode', { userCode });
      const device = await subject.peer('DeviceCode').findByUserCode(userCode);
      assert.equal(device?.jti, id);
      assert.equal(device?.userCode, userCode);
    },
  },
  ...each(ofGrant, (model) => ({
    model,
    title: 'revoking a grant removes its own, and nothing else',
    async run(subject) {
      const [grantId, other] = [fresh(), fresh()];
      const ids = [await saved(subject, model, { grantId }), await saved(subject, model, { grantId })];
      const another = await saved(subject, model, { grantId: other });
      const interaction = await saved(subject, 'Interaction', { grantId });
      for (const _ of [1, 2]) await subject.adapter(model).revokeByGrantId(grantId);
      for (const id of ids) assert.equal(await found(subject.peer(model), id), undefined);
      assert.ok(await found(subject.peer(model), another));
      assert.ok(await found(subject.peer('Interaction'), interaction));
    },
  })),
];
