import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { now } from '../../support/jwt.ts';
import * as expected from './expectations.ts';
import type { Rows } from './row.ts';
import { callback } from './setting.ts';
import type { SuiteClient } from './suite_client.ts';

const minutes = 60;
/** Hangul, as the suite sends it, so that characters are not taken for bytes. */
const purposeOf = (length: number) =>
  String.fromCodePoint(...Array.from({ length }, (_, index) => 0x1100 + (index % 0x5a)));

/** What the suite adds to every request of a profile. */
export const additions: Readonly<Record<string, object>> = {
  'connectid-au': { scope: 'openid', purpose: purposeOf(280) },
  'consumerdataright-au': {
    scope: 'openid profile',
    claims: {
      id_token: { acr: { essential: true, value: 'urn:cds.au:cdr:2' } },
      sharing_duration: 7_776_000,
    },
  },
};

/** The suite's parameters: what the profile's clients always say, and what a module says otherwise. */
const asked = (client: SuiteClient, more: object = {}): Record<string, unknown> => ({
  ...client.params,
  ...additions[client.server.profile],
  ...more,
});

const verified = [
  ...['over16', 'over18', 'over21', 'over25', 'over65'],
  ...['beneficiary_account_au', 'beneficiary_account_au_payid', 'beneficiary_account_international'],
];

/** Modules of the suite that belong to ecosystems. */
export const ecosystemRows: Rows = {
  'australia-connectid-ensure-request-object-with-exp-over-10-fails': async ({ first }) =>
    expected.par(await first.push(asked(first), { object: { exp: now() + 15 * minutes } }), 'invalid_request_object'),
  'australia-connectid-ensure-request-object-with-nbf-over-15-fails': async ({ first }) =>
    expected.par(await first.push(asked(first), { object: { nbf: now() - 20 * minutes } }), 'invalid_request_object'),
  'australia-connectid-ensure-invalid-purpose-fails': async ({ first }) =>
    expected.par(await first.push(asked(first, { purpose: purposeOf(301) })), 'invalid_request'),
  'australia-connectid-test-claims-parameter-idtoken-identity-claims': async ({ first }) => {
    const { body: metadata } = await first.request(`${first.server.issuer}/.well-known/openid-configuration`);
    const named = ['given_name', 'middle_name', 'family_name', 'email', 'birthdate', 'phone_number', 'address'];
    const forms = [null, {}, { essential: true }, { any: 'thing' }, { essential: false }];
    const id_token = {
      ...Object.fromEntries(named.map((name, index) => [name, forms[index % forms.length]])),
      txn: { essential: true },
      verified_claims: {
        verification: { trust_framework: { value: 'au_connectid' } },
        claims: Object.fromEntries(verified.map((name) => [name, { essential: !name.startsWith('beneficiary') }])),
      },
    };
    const params = asked(first, { claims: { id_token } });
    const request_uri = expected.pushed(await first.push(params));
    const code = await expected.code(first, await first.visit(first.authorizationUrl(request_uri)), `${params.state}`);
    const { body } = await first.exchange(code);
    const claims = decodeJwt(body.id_token) as Record<string, unknown>;
    for (const name of named.filter((one) => metadata.claims_supported.includes(one))) {
      expect(claims, name).to.have.property(name);
    }
    expect(claims.txn).to.match(/\S/);
    const told = claims.verified_claims as { verification: object; claims: object };
    expect(told.verification).to.include({ trust_framework: 'au_connectid' });
    expect(Object.keys(told.claims)).to.have.members(
      verified.filter((name) => metadata.claims_in_verified_claims_supported.includes(name)),
    );
  },
  'ensure-registered-redirect-uri': async ({ first }) =>
    expected.par(
      await first.push(asked(first, { redirect_uri: `${callback}/unregistered` })),
      'invalid_request',
      'invalid_request_object',
    ),
};
