import { expect } from 'chai';

import * as expected from './expectations.ts';
import type { Rows } from './row.ts';
import { tls } from './tls.ts';

/** Requests that have to work, whatever is unusual about them. */
export const flows: Rows = {
  'happy-flow': async ({ first, second }) => {
    await expected.flow(first);
    const state = `${'s'.repeat(124)}-._~`;
    const openid = second.variant.openid === 'openid_connect';
    const params = { ...second.params, state, ...(openid && { nonce: 'n'.repeat(43) }) };
    const bound = second.dpop ? { ...params, dpop_jkt: second.proofKey.jkt } : params;
    const { access_token } = await expected.flow(second, bound);
    const id = '5b0ae6e2-2f0d-4f1e-9b0b-0a8b9d0b4a11';
    const customer = {
      'x-fapi-auth-date': 'Tue, 11 Sep 2012 19:43:31 UTC',
      'x-fapi-customer-ip-address': '2001:db8::1893:25c8:1946',
    };
    for (const accept of ['application/json;charset=utf-8', '*/*, application/json']) {
      const answer = await second.resource(access_token, { accept, 'x-fapi-interaction-id': id, ...customer });
      expected.given(answer);
      expect(answer.headers.get('x-fapi-interaction-id')).to.equal(id);
    }
    const url = new URL(second.resourceUrl);
    url.searchParams.set('access_token', access_token);
    expect((await second.request(url.href)).status).to.be.oneOf([400, 401, 414]);
    await tls(second.resourceUrl);
  },
  'user-rejects-authentication': async ({ first, second }) => {
    for (const client of [first, second]) {
      const { params } = client;
      const request_uri = expected.pushed(await client.push(params));
      const landing = await client.visit(client.authorizationUrl(request_uri), 'abort');
      await expected.az(client, landing, ['access_denied'], { state: params.state });
    }
  },
  'ensure-authorization-request-without-state-success': async ({ first }) => {
    const { state: _, ...params } = first.params;
    await expected.flow(first, params);
  },
  'ensure-authorization-request-without-nonce-success': async ({ first }) => {
    const { nonce: _, ...params } = first.params;
    await expected.flow(first, params);
  },
  'ensure-authorization-request-with-64-char-nonce-success': async ({ first }) => {
    await expected.flow(first, { ...first.params, nonce: 'n'.repeat(64) });
  },
  'ensure-other-scope-order-succeeds': async ({ first }) => {
    await expected.flow(first, { ...first.params, scope: 'profile openid' });
  },
  'test-claims-parameter-identity-claims': async ({ first }) => {
    const claims = { id_token: { name: null }, userinfo: { given_name: null } };
    const params = { ...first.params, scope: 'openid', claims: JSON.stringify(claims) };
    const issued = await expected.flow(first, params, first.variant.signed ? { object: { claims } } : {});
    expect(issued.claims).to.have.property('name');
    const { status, body } = await first.resource(issued.access_token, {}, { at: '/me' });
    expect({ status, sub: body.sub }).to.deep.equal({ status: 200, sub: issued.claims?.sub });
    expect(Object.keys(body)).to.have.members(['sub', 'given_name']);
  },
  'ensure-different-nonce-inside-and-outside-request-object': async ({ first }) => {
    await expected.flow(first, first.params, {}, { nonce: 'outside' });
  },
  'ensure-different-state-inside-and-outside-request-object': async ({ first }) => {
    await expected.flow(first, first.params, {}, { state: 'outside' });
  },
  'ensure-authorization-request-with-long-nonce': async ({ first }) => {
    await expected.flow(first, { ...first.params, nonce: 'n'.repeat(384) });
  },
  'ensure-authorization-request-with-long-state': async ({ first }) => {
    await expected.flow(first, { ...first.params, state: 's'.repeat(1000) });
  },
  'state-only-outside-request-object-not-used': async ({ first }) => {
    const { state: _, ...params } = first.params;
    await expected.flow(first, params, {}, { state: 'outside' });
  },
  'par-without-duplicate-parameters': async ({ first }) => {
    const none = { response_type: undefined, scope: undefined, redirect_uri: undefined };
    await expected.flow(first, first.params, {}, none);
  },
};
