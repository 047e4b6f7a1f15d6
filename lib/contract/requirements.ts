import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';

import { seconds } from '../seconds.ts';
import { modelsThat } from '../store/models.ts';

/** The adapter under test, and the one another process on the same data has. */
export interface Subject {
  adapter(model: string): Adapter;
  /** The same one where there is no other process. */
  peer(model: string): Adapter;
  readonly isShared: boolean;
}

/** A requirement of core, or of FAPI 2.0, on an adapter. */
export interface Requirement {
  readonly title: string;
  /** The models, where one requirement is for many. */
  readonly model?: string;
  run(subject: Subject): Promise<void>;
}

const stored = modelsThat(({ isCore, spent }) => isCore && spent !== 'jti');
const spendable = modelsThat(({ isCore, spent }) => isCore && (spent === 'code' || spent === 'token'));
const requests = modelsThat(({ isCore, spent }) => isCore && spent === 'request');
const ofGrant = modelsThat(({ isCore, ofGrant }) => isCore && ofGrant);
const staying = modelsThat(({ isCore, returns, spent }) => isCore && !returns && spent !== 'jti');
/** Models whose rows core looks at after they have expired. */
const outlasting = modelsThat(({ spent }) => spent === 'code' || spent === 'request');

export const fresh = (): string => randomUUID();

/** A payload as core makes it, valid for a minute. */
export function payloadOf(kind: string, id: string, more: AdapterPayload = {}): AdapterPayload {
  const iat = seconds();
  return { iat, exp: iat + 60, jti: id, kind, clientId: 'client', ...more };
}

export async function saved(
  { adapter }: Subject,
  model: string,
  more?: AdapterPayload,
  expiresIn = 60,
): Promise<string> {
  const id = fresh();
  await adapter(model).upsert(id, payloadOf(model, id, more), expiresIn);
  return id;
}

const found = async (adapter: Adapter, id: string) => (await adapter.find(id)) ?? undefined;

/** How many of these got through; the others have to be refused in core's words. */
async function winners(attempts: readonly Promise<unknown>[]): Promise<number> {
  const settled = await Promise.allSettled(attempts);
  for (const each of settled) {
    if (each.status === 'fulfilled') continue;
    assert.ok(each.reason instanceof errors.OIDCProviderError, `refused by ${each.reason}, which is answered with 500`);
    assert.ok(each.reason.status >= 400 && each.reason.status < 500, `refused with status ${each.reason.status}`);
  }
  return settled.filter(({ status }) => status === 'fulfilled').length;
}

const each = (list: readonly string[], requirement: (model: string) => Requirement) => list.map(requirement);

const storing: Requirement[] = [
  ...each([...stored, 'ModelToCome'], (model) => ({
    model,
    title: 'what was saved is found',
    async run(subject) {
      const id = await saved(subject, model, { extra: { nested: ['a', 1, true, null] } });
      const { exp, iat, ...rest } = (await found(subject.adapter(model), id)) as AdapterPayload;
      assert.ok(exp && iat);
      assert.deepEqual(rest, { jti: id, kind: model, clientId: 'client', extra: { nested: ['a', 1, true, null] } });
    },
  })),
  {
    title: 'what one process has saved, another one finds',
    async run(subject) {
      assert.ok(subject.isShared, 'there is no other process');
      assert.ok(await found(subject.peer('Session'), await saved(subject, 'Session', { uid: fresh() })));
    },
  },
  {
    title: 'nothing is found where nothing was saved, however long the id',
    async run({ adapter }) {
      for (const id of [fresh(), '', 'x'.repeat(100_000), "' or 1=1 --", 'nul \u0000, half a pair \ud800']) {
        assert.equal(await found(adapter('AccessToken'), id), undefined);
      }
    },
  },
  {
    title: 'an id belongs to its model: a code is no access token',
    async run(subject) {
      const id = await saved(subject, 'AuthorizationCode');
      assert.equal(await found(subject.adapter('AccessToken'), id), undefined);
    },
  },
  {
    title: 'saved again is replaced',
    async run({ adapter }) {
      const id = fresh();
      await adapter('Session').upsert(id, payloadOf('Session', id, { uid: fresh(), state: { a: 1 } }), 60);
      await adapter('Session').upsert(id, payloadOf('Session', id, { uid: fresh(), accountId: 'b' }), 60);
      const session = await found(adapter('Session'), id);
      assert.equal(session?.accountId, 'b');
      assert.equal(session?.state, undefined);
    },
  },
  {
    title: 'what is found is a copy: changing it changes nothing',
    async run(subject) {
      const id = await saved(subject, 'Grant', { openid: { scope: 'openid' } });
      const grant = (await found(subject.adapter('Grant'), id)) as AdapterPayload & { openid: { scope: string } };
      grant.openid.scope = 'everything';
      assert.deepEqual((await found(subject.adapter('Grant'), id))?.openid, { scope: 'openid' });
    },
  },
  ...each(
    ['a nul \u0000', 'half a pair \ud800', '\u{1f600} é', "'; drop table oidc_payloads; --", 'x'.repeat(100_000)],
    (value) => ({
      title: `text comes back as it was: ${JSON.stringify(value.slice(0, 24))}`,
      async run(subject) {
        const id = await saved(subject, 'Interaction', { params: { state: value } });
        assert.equal((await found(subject.adapter('Interaction'), id))?.params?.state, value);
      },
    }),
  ),
  {
    title: 'a payload that cannot be saved fails alone',
    async run(subject) {
      const circular: Record<string, unknown> = {};
      circular.self = circular;
      const [bad, ...good] = await Promise.allSettled([
        saved(subject, 'AccessToken', { extra: circular }),
        ...Array.from({ length: 8 }, () => saved(subject, 'AccessToken')),
      ]);
      assert.equal(bad?.status, 'rejected');
      assert.ok(good.every(({ status }) => status === 'fulfilled'));
    },
  },
  {
    title: 'two thousand live pushed requests are all there',
    async run(subject) {
      const model = 'PushedAuthorizationRequest';
      const ids = await Promise.all(Array.from({ length: 2000 }, () => saved(subject, model)));
      const rows = await Promise.all(ids.map((id) => found(subject.adapter(model), id)));
      assert.equal(rows.filter(Boolean).length, 2000);
    },
  },
  {
    title: 'many saves of few rows at the same moment all end',
    async run({ adapter, peer }) {
      const ids = Array.from({ length: 8 }, fresh);
      const save = (id: string, index: number) =>
        (index % 2 ? adapter : peer)('Session').upsert(id, payloadOf('Session', id, { uid: id }), 60);
      const shuffled = Array.from({ length: 20 }, (_, round) => (round % 2 ? ids : [...ids].reverse()));
      await Promise.all(shuffled.flatMap((order, round) => order.map((id) => save(id, round))));
    },
  },
];

const expiring: Requirement[] = [
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

const spending: Requirement[] = [
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

const removing: Requirement[] = [
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

/** In the order in which they are worth knowing. */
export const requirements: readonly Requirement[] = [...storing, ...expiring, ...spending, ...removing];
