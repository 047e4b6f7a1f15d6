import assert from 'node:assert/strict';

import type { AdapterPayload } from 'oidc-provider';

import { modelsThat } from '../store/models.ts';
import { each, found, fresh, payloadOf, type Requirement, saved } from './requirement.ts';

const stored = modelsThat(({ isCore, spent }) => isCore && spent !== 'jti');

/** Requirements on storing: a row is found as it was saved, by every process. */
export const storing: readonly Requirement[] = [
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
