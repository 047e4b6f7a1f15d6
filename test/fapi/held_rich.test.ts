import { hash } from 'node:crypto';

import { expect } from 'chai';
import { decodeJwt, decodeProtectedHeader } from 'jose';

import type { ProfileSettings } from '../../lib/profiles/fapi2_security_profile.ts';
import { closeAll, held } from '../support/held.ts';
import type { Answer, RawClient } from '../support/raw_client.ts';

const accounts = 'https://api.example.com/accounts';
const payments = 'https://api.example.com/payments';
const payment = { type: 'payment', amount: 1 };

const settings: ProfileSettings = {
  resources: [
    { identifier: accounts, scopes: ['accounts'], token: 'opaque', lifetime: 60 },
    { identifier: payments, scopes: ['payments'], token: 'jwt' },
  ],
  authorization_details: {
    types: {
      payment: {
        schema: {
          type: 'object',
          properties: { type: {}, amount: { type: 'number' } },
          required: ['amount'],
          additionalProperties: false,
        },
        resource: payments,
      },
    },
  },
};
const client = { scope: 'openid offline_access accounts payments', authorization_details_types: ['payment'] };

function refused({ status, body }: Answer, error: string): void {
  expect({ status, error: body.error }, JSON.stringify(body)).to.deep.equal({ status: 400, error });
}

async function tokens(raw: RawClient, params: Readonly<Record<string, string>>) {
  const { status, body } = await raw.exchange(await raw.code({ ...raw.params, ...params }));
  expect(status, JSON.stringify(body)).to.equal(200);
  return body;
}

describe('What a profile holds of rich requests falls with the mechanism that holds it', () => {
  after(closeAll);

  describe('resources', () => {
    const setting = { by: 'resources', settings, client };
    held('RFC8707-2', setting, async (raw) => {
      refused(await raw.push({ ...raw.params, resource: 'https://api.example.com/nobody' }), 'invalid_target');
      expect((await raw.push({ ...raw.params, resource: accounts })).status).to.equal(201);
    });
    held('RFC8707-2.2', setting, async (raw) => {
      const body = await tokens(raw, { scope: 'accounts offline_access', resource: accounts });
      expect(body.expires_in).to.equal(60);
    });
    held('RFC9068-2.1', setting, async (raw) => {
      const body = await tokens(raw, { scope: 'payments', resource: payments });
      expect(decodeProtectedHeader(body.access_token)).to.include({ typ: 'at+jwt' });
    });
    held('RFC9068-2.2.1', setting, async (raw) => {
      const body = await tokens(raw, { scope: 'payments', resource: payments });
      expect(decodeJwt(body.access_token).auth_time).to.be.a('number');
    });
    held('RFC7662-2.2-1', setting, async (raw) => {
      const { access_token: token } = await tokens(raw, { scope: 'accounts', resource: accounts });
      const { body } = await raw.post('/token/introspection', { token });
      expect(body).to.include({ active: true, aud: accounts, jti: hash('sha256', token, 'base64url') });
    });
  });

  describe('authorization_details', () => {
    const setting = { by: 'authorization_details', settings, client };
    const pushed = (raw: RawClient, details: unknown) =>
      raw.push({ ...raw.params, authorization_details: JSON.stringify(details) });

    held('RFC9396-5', setting, async (raw) => {
      const error = 'invalid_authorization_details';
      for (const wrong of [{ type: 'loan' }, { type: 'payment' }, { ...payment, tip: 1 }]) {
        refused(await pushed(raw, [wrong]), error);
      }
      expect((await pushed(raw, [payment])).status).to.equal(201);
    });
    held('RFC9396-3', setting, async (raw) => {
      const { access_token, authorization_details } = await tokens(raw, {
        scope: 'payments',
        authorization_details: JSON.stringify([payment]),
      });
      expect(authorization_details).to.deep.equal([payment]);
      expect(decodeJwt(access_token)).to.deep.include({ aud: payments, authorization_details: [payment] });
    });
    held('RFC9396-6.1', setting, async (raw) => {
      const { refresh_token } = await tokens(raw, {
        scope: 'payments offline_access',
        authorization_details: JSON.stringify([payment]),
      });
      const more = JSON.stringify([{ ...payment, amount: 2 }]);
      const asked = { grant_type: 'refresh_token', refresh_token, authorization_details: more };
      refused(await raw.token(asked), 'invalid_authorization_details');
    });
    held('RFC9396-10', { ...setting, client: { ...client, authorization_details_types: [] } }, async (raw) => {
      refused(await pushed(raw, [payment]), 'invalid_authorization_details');
    });
  });

  held('RFC8725-3.2', { by: 'encryption' }, async (raw) => {
    const { body } = await raw.request('/.well-known/openid-configuration');
    for (const what of ['id_token', 'userinfo']) {
      const algs: string[] = body[`${what}_encryption_alg_values_supported`] ?? [];
      expect(algs).to.include('RSA-OAEP-256');
      for (const weak of ['RSA1_5', 'dir', 'A128KW', 'A256GCMKW']) expect(algs).to.not.include(weak);
    }
  });

  held('RFC8414-3.1', { by: 'discovery', path: '/tenant' }, async (raw) => {
    const { status, body } = await raw.request('/.well-known/oauth-authorization-server/tenant');
    expect({ status, issuer: body.issuer }).to.deep.equal({ status: 200, issuer: `${raw.issuer}/tenant` });
  });
});
