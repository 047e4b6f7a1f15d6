import { expect } from 'chai';

import { sca, uk } from '../../profiles/cases.ts';
import { ConsentClient } from '../../profiles/consents.ts';
import * as expected from './expectations.ts';
import type { Rows } from './row.ts';
import { callback } from './setting.ts';

/** Modules that ecosystems alone have. */
export const ofEcosystems: Rows = {
  'ensure-registered-redirect-uri': async ({ first }) =>
    expected.par(
      await first.push({ ...first.params, redirect_uri: `${callback}/unregistered` }),
      'invalid_request',
      'invalid_request_object',
    ),
  'ensure-server-handles-non-matching-intent-id': async ({ first, second }) => {
    const id = await new ConsentClient(uk, second).consent();
    const { params, otherwise } = uk.asking(first, id);
    delete first.consenting;
    expected.par(await first.push(params, otherwise), 'invalid_request', 'invalid_request_object', 'access_denied');
  },
  'test-essential-acr-sca-claim': async ({ first }) => {
    const { params } = first;
    const claims = { id_token: { acr: { essential: true, value: sca } } };
    const url = first.authorizationUrl(expected.pushed(await first.push(params, { object: { claims } })));
    await expected.az(first, await first.visit(url), ['access_denied'], { state: `${params.state}` });
  },
  // Of payments, which are not offered: of accounts the suite runs it without a request.
  'brazil-ensure-bad-payment-signature-fails': async ({ first }) => {
    const { body } = await first.request(`${first.server.issuer}/.well-known/openid-configuration`);
    expect(body.scopes_supported).to.include('consents').and.not.include('payments');
  },
};
