import { expect } from 'chai';
import { decodeJwt } from 'jose';

import { byTime } from '../../lib/audit/read.ts';
import { judge } from '../../lib/commands/judge.ts';
import { Browser } from '../../lib/demo/browser.ts';
import { auditTableOf } from '../../lib/store/statements.ts';
import { directory } from '../config/written.ts';
import * as expectations from '../conformance/rows/expectations.ts';
import type { SuiteClient } from '../conformance/rows/suite_client.ts';
import { trustingFetch } from '../flows/server.ts';
import { now } from '../support/jwt.ts';
import { until } from '../support/until.ts';
import { person } from '../support/wire_client.ts';
import { call, type Ecosystem, ecosystem } from './ecosystem.ts';

const verification = {
  trust_framework: 'au_connectid',
  time: '2026-01-31T00:00:00Z',
  evidence: [{ type: 'document' }],
};
const claims = {
  given_name: 'Conny',
  birthdate: '1990-01-31',
  email: 'conny@example.com',
  verified_claims: [
    { verification: { trust_framework: 'au_connectid' }, claims: { over65: true } },
    { verification: { ...verification, trust_framework: 'de_aml' }, claims: { over16: true } },
    { verification, claims: { over18: true, over21: false, height: 180 } },
  ],
};
const hangul = (length: number) => String.fromCodePoint(...Array.from({ length }, (_, index) => 0x1100 + (index % 80)));
const au_connectid = { trust_framework: { value: 'au_connectid' } };

describe('profile: connectid-au', () => {
  const files = directory();
  let eco: Ecosystem;
  let first: SuiteClient;

  before(async () => {
    eco = await ecosystem('connectid-au', { claims });
    first = eco.first;
  });
  after(() => eco.server.close());

  const asking = (id_token: object = {}, more = {}, client = first): Record<string, unknown> => ({
    ...client.params,
    scope: 'openid',
    purpose: 'to open an account',
    claims: { id_token },
    ...more,
  });
  async function told(id_token: object, client = first) {
    const request_uri = expectations.pushed(await client.push(asking(id_token, {}, client)));
    const landing = await client.visit(client.authorizationUrl(request_uri));
    const { searchParams } = 'url' in landing ? landing.url : new URL('about:blank');
    const { body } = await client.exchange(`${searchParams.get('code')}`);
    return { ...body, claims: decodeJwt(body.id_token) as Record<string, unknown> };
  }

  it('CID-IDA-5.1-1 tells the claims that were asked for, in the ID Token', async () => {
    const { claims: own } = await told({ given_name: null, birthdate: { essential: true } });
    expect(own).to.include({ given_name: 'Conny', birthdate: '1990-01-31' });
    expect(own).not.to.have.any.keys('email', 'verified_claims', 'acr');
  });

  it('CID-IDA-5.1-4 knows subjects as pairwise ones alone', async () => {
    const [one, other] = [await told({}), await told({}, eco.second)];
    const userinfo = await call(first, one.access_token, '/me');
    expect(userinfo.body.sub).to.equal(one.claims.sub);
    // Both of the suite's clients are of one sector.
    expect(other.claims.sub).to.equal(one.claims.sub);
    const { body } = await first.request(`${eco.server.issuer}/.well-known/openid-configuration`);
    expect(body.subject_types_supported).to.deep.equal(['pairwise']);
  });

  it('CID-IDA-5.1-6 names the transaction in each ID Token, another one each time', async () => {
    const [one, other] = [await told({ txn: { essential: true } }), await told({})];
    expect(one.claims.txn).to.match(/^[0-9a-f-]{36}$/);
    expect(other.claims.txn)
      .to.match(/^[0-9a-f-]{36}$/)
      .and.not.equal(one.claims.txn);
    const { knex, table } = eco.server.adapter.store;
    // What no row travels with is written within a second.
    await until(async () => {
      let records = 0;
      for await (const _ of byTime(knex, auditTableOf(table), { event: 'identity.told' })) records += 1;
      return records >= 2;
    });
  });

  it('CID-SP-4.2-2 gives access tokens for ten minutes at most', async () => {
    expect((await told({})).expires_in).to.be.within(1, 600);
  });

  const refusals: readonly [string, unknown][] = [
    ['none', undefined],
    ['of 2 characters', 'ab'],
    ['of 301 characters', 'x'.repeat(301)],
    ['of 301 characters in Hangul', hangul(301)],
    ['of blanks', '     '],
    ['of 2 characters between blanks', ' ab  '],
    ['with a control character', 'to open\u0000an account'],
    ['with a line of its own', 'to open\nan account'],
    ['that is a list', ['to open an account']],
  ];
  for (const [title, purpose] of refusals) {
    it(`CID-PURPOSE-3 refuses a purpose ${title}`, async () => {
      const { status, body } = await first.push(asking({}, { purpose }));
      expect(status).to.equal(400);
      if (typeof purpose === 'object') expect(body.error).to.equal('invalid_request_object');
      else expect(body).to.include({ error: 'invalid_request', error_description: 'invalid_purpose' });
    });
  }

  for (const [title, purpose] of [
    ['of 3 characters', 'abc'],
    ['of 300 characters', 'x'.repeat(300)],
    ['of 300 characters in Hangul', hangul(300)],
    ['of 300 characters of two halves', '\u{1f600}'.repeat(300)],
    ['with markup', '<b>"really"</b> & truly'],
  ] as const) {
    it(`CID-PURPOSE-3 takes a purpose ${title}, and shows it to the person`, async () => {
      const request_uri = expectations.pushed(await first.push(asking({}, { purpose })));
      const browser = new Browser(trustingFetch());
      const login = await browser.open(first.authorizationUrl(request_uri));
      const { html } = await browser.submit(login, { ...person, action: 'continue' });
      const shown = purpose.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
      expect(html).to.include('Purpose').and.include(shown.replaceAll('"', '&quot;'));
    });
  }

  it('CID-PURPOSE-3 shows beside the purpose which claims are asked for, those that are verified one by one', async () => {
    const verified_claims = { verification: au_connectid, claims: { over18: null, beneficiary_account_au: null } };
    const request_uri = expectations.pushed(await first.push(asking({ email: null, txn: null, verified_claims })));
    const browser = new Browser(trustingFetch());
    const login = await browser.open(first.authorizationUrl(request_uri));
    const { html } = await browser.submit(login, { ...person, action: 'continue' });
    const details = /See these details about you<small>([^<]*)/.exec(html)?.[1];
    expect(details).to.equal('email, over18, beneficiary account au');
  });

  it('CID-PURPOSE-3 shows purpose and claims each time, also to a person who has allowed the same before', async () => {
    const browser = new Browser(trustingFetch());
    for (const purpose of ['the first time', 'the second time']) {
      const request_uri = expectations.pushed(await first.push(asking({ email: null, birthdate: null }, { purpose })));
      let place = await browser.open(first.authorizationUrl(request_uri));
      if (place.html.includes('name="password"')) {
        place = await browser.submit(place, { ...person, remember: 'yes', action: 'continue' });
      }
      expect(place.html).to.include(purpose).and.include('See these details about you<small>email, ');
      const landed = await browser.submit(place, { action: 'continue' });
      const { body } = await first.exchange(landed.url.searchParams.get('code') ?? '');
      expect(decodeJwt(body.id_token)).to.include({ email: 'conny@example.com' });
    }
  });

  it('CID-SP-4.2-10 refuses a request object of 11 minutes, and takes one of 10', async () => {
    const object = (seconds: number) => ({ object: { nbf: now(), exp: now() + seconds } });
    expectations.par(await first.push(asking(), object(11 * 60)), 'invalid_request_object');
    expectations.pushed(await first.push(asking(), object(10 * 60)));
  });

  it('CID-SP-4.2-11 refuses a request object of 16 minutes ago, and takes one of 9', async () => {
    const object = (ago: number) => ({ object: { nbf: now() - ago, exp: now() - ago + 600 } });
    expectations.par(await first.push(asking(), object(16 * 60)), 'invalid_request_object');
    expectations.pushed(await first.push(asking(), object(9 * 60)));
  });

  it('CID-IDA-5.1-11 tells verified claims under au_connectid, as asked, and none without evidence', async () => {
    const asked = { over16: null, over18: { essential: true }, over21: null, over65: null, height: null };
    const { claims: own } = await told({ verified_claims: { verification: au_connectid, claims: asked } });
    expect(own.verified_claims).to.deep.equal({
      verification: { trust_framework: 'au_connectid' },
      claims: { over18: true, over21: false },
    });
    const more = { ...au_connectid, evidence: null, time: null };
    const whole = await told({ verified_claims: { verification: more, claims: { over18: null } } });
    expect(whole.claims.verified_claims).to.deep.equal({ verification, claims: { over18: true } });
    const none = await told({ verified_claims: { verification: au_connectid, claims: { over65: null } } });
    expect(none.claims).not.to.have.property('verified_claims');
  });

  for (const [title, asked] of [
    ['another trust framework', { verification: { trust_framework: { value: 'de_aml' } }, claims: { over18: null } }],
    ['any trust framework', { verification: { trust_framework: null }, claims: { over18: null } }],
    ['no verification', { claims: { over18: null } }],
    ['no claims', { verification: au_connectid, claims: {} }],
    ['a claim that is text', { verification: au_connectid, claims: { over18: 'yes' } }],
    ['nothing', null],
  ] as const) {
    it(`CID-IDA-5.1-11 refuses verified claims of ${title}`, async () => {
      const answer = await first.push(asking({ verified_claims: asked }));
      expectations.par(answer, 'invalid_request');
      expect(answer.body.error_description).to.include('CID-IDA-5.1-11');
    });
  }

  it('CID-IDA-5.1-2 refuses to be asked for an acr', async () => {
    expectations.par(
      await first.push(asking({ acr: { essential: true, value: 'urn:example:1' } })),
      'invalid_request',
      'unmet_authentication_requirements',
    );
    expectations.par(await first.push(asking({ acr: null })), 'invalid_request');
  });

  it('CID-IDA-5.1-3, CID-IDA-5.3.3 say in the metadata what is known', async () => {
    const { body } = await first.request(`${eco.server.issuer}/.well-known/openid-configuration`);
    expect(body.claims_supported).to.include.members(['given_name', 'middle_name', 'birthdate', 'address', 'txn']);
    expect(body.trust_frameworks_supported).to.deep.equal(['au_connectid']);
    expect(body.claims_in_verified_claims_supported).to.include.members(['over18', 'beneficiary_account_au']);
    expect(Object.keys(body.mtls_endpoint_aliases)).to.include.members(['token_endpoint', 'userinfo_endpoint']);
    expect(body.id_token_signing_alg_values_supported).to.deep.equal(['PS256']);
  });

  it('is refused at boot with a setting it forbids', async () => {
    for (const [setting, problem] of [
      ['subject: public', /subject: must be pairwise .*\[CID-IDA-5\.1-4\]/],
      [
        'request_object: { max_lifetime: 660 }',
        /request_object\.max_lifetime: is 660, .* 600 seconds.*\[CID-SP-4\.2-10\]/,
      ],
      ['request_object: { max_age: 960 }', /request_object\.max_age: is 960, .*\[CID-SP-4\.2-11\]/],
      ['ttl: { access_token: 601 }', /ttl\.access_token: must be at most 600 seconds \[CID-SP-4\.2-2\]/],
      ['acr: { bronze: [pwd] }', /acr: is not for this ecosystem.*\[CID-IDA-5\.1-2\]/],
      ['algorithms: [ES256]', /algorithms: must name PS256 \[CID-SP-5\]/],
    ] as const) {
      const file = `issuer: https://localhost:9443\ndevelopment: true\nprofile: connectid-au\n${setting}\n`;
      expect((await files.problems(file, { judge })).join('\n'), setting).to.match(problem);
    }
  });

  it('CID-SP-4.2-7 refuses a push without a certificate', async () => {
    expectations.par(await first.push(asking(), { certificate: false }), 'invalid_request');
  });
});
