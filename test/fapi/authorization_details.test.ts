import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import { decodeJwt, decodeProtectedHeader } from 'jose';

import { ticked } from '../../lib/demo/browser.ts';
import { Flow } from '../flows/flow.ts';
import type { Answer } from '../support/raw_client.ts';

const payment = {
  type: 'payment_initiation',
  instructedAmount: { currency: 'EUR', amount: '123.50' },
  creditorName: 'Merchant A',
  creditorAccount: { iban: 'DE02100100109307118603' },
};
const [mine, other] = [{ iban: 'DE40100100103307118608', name: 'Household' }, { iban: 'DE02100100109307118603' }];
const access = { type: 'account_information', actions: ['list_accounts', 'read_balances'], accounts: [mine, other] };

function refused({ status, body }: Answer, description: RegExp): void {
  expect({ status, error: body.error }, JSON.stringify(body)).to.deep.equal({
    status: 400,
    error: 'invalid_authorization_details',
  });
  expect(body.error_description).to.match(description);
}

describe('authorization_details', () => {
  let payments: Flow;
  let accounts: Flow;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enrich-'));
    const module = join(folder, 'enrich.mjs');
    const enrich = `(detail, { accountId, clientId }) =>
      detail.validUntil ? { ...detail, type: 'another', consent: clientId + (accountId ? ' has one' : '') } : detail`;
    await writeFile(module, `export const enrich = ${enrich};`);
    [payments, accounts] = await Promise.all([
      Flow.start({
        file: 'config/payment-initiation.yaml',
        client: { authorization_details_types: ['payment_initiation'] },
      }),
      Flow.start({
        file: 'config/account-access.yaml',
        set: ['resources.0.introspected_by=[resource]', `authorization_details.module=${module}`],
        client: { authorization_details_types: ['account_information'], scope: 'openid offline_access accounts' },
      }),
    ]);
  });
  after(async () => {
    await Promise.all([payments, accounts].map((flow) => flow?.server.close()));
    await rm(folder, { recursive: true });
  });

  it('are published by their types', async () => {
    const { body } = await payments.client.request('/.well-known/openid-configuration');
    expect(body.authorization_details_types_supported).to.deep.equal(['payment_initiation']);
  });

  describe('RFC9396-5: refused at the push', () => {
    const wrong: readonly [string, unknown, RegExp][] = [
      ['an unknown type', [payment, { type: 'loan' }], /\[1\]: loan is no type .* payment_initiation/],
      ['no type', [{ amount: 1 }], /type/],
      ['a missing member', [{ ...payment, creditorName: undefined }], /\[0\] payment_initiation: .*creditorName/],
      ['an unknown member', [{ ...payment, tip: '1' }], /\[0\] payment_initiation: .*tip/],
      [
        'an unknown member further inside',
        [{ ...payment, creditorAccount: { iban: 'DE02100100109307118603', bic: 'X' } }],
        /creditorAccount .*bic/,
      ],
      [
        'a wrong value',
        [{ ...payment, instructedAmount: { currency: 'EUR', amount: 'much' } }],
        /instructedAmount\.amount must match pattern/,
      ],
      ['a wrong kind', [{ ...payment, creditorName: 7 }], /creditorName must be string/],
      ['the second of two', [payment, { ...payment, creditorName: '' }], /\[1\] payment_initiation: creditorName/],
      ['what is no JSON', '[{', /JSON/],
      ['what is no array', payment, /array/],
      ['a list of texts', ['payment_initiation'], /object/],
      ['10,000 entries', [payment, ...Array.from({ length: 10_000 }, () => ({ type: 'a' }))], /100 entries/],
      ['__proto__', `[{"type":"payment_initiation","__proto__":{"creditorName":"x"}}]`, /__proto__/],
      ['constructor inside', [{ ...payment, creditorAccount: { constructor: 1 } }], /constructor/],
      ['a number no double holds', `[{"type":"payment_initiation","x":1e999}]`, /x must be a number/],
      [
        'an integer that loses digits',
        `[{"type":"payment_initiation","x":12345678901234567890}]`,
        /x must be a number/,
      ],
      ['a type twice', `[{"type":"loan","type":"payment_initiation"}]`, /must not have type twice/],
      [
        'a member twice further inside, once with an escape',
        JSON.stringify([payment]).replace('"amount":', '"\\u0061mount":"9999","amount":'),
        /must not have amount twice/,
      ],
      ['__proto__ twice', `[{"type":"payment_initiation","__proto__":{},"__proto__":{}}]`, /__proto__/],
      ['200 levels', `[{"type":"payment_initiation","x":${'['.repeat(200)}${']'.repeat(200)}}]`, /16 levels/],
      ['60,000 levels', `[{"type":"payment_initiation","x":${'['.repeat(60_000)}${']'.repeat(60_000)}}]`, /16 levels/],
    ];
    for (const [what, details, description] of wrong) {
      it(what, async () => refused(await payments.details(details), description));
    }

    it('a type that is not among those of the client [RFC9396-10]', async () => {
      const { client } = payments;
      const body = { ...client.params, client_id: 'clien', authorization_details: JSON.stringify([payment]) };
      refused(await client.post('/request', body, {}, 'clien' as never), /payment_initiation/);
    });

    it('an error description holds what RFC 6749 lets it hold', async () => {
      const { body } = await payments.details([{ ...payment, '"\\ü\u0000<b>': 1 }]);
      expect(body.error_description).to.match(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
    });
  });

  it('an empty list asks for nothing', async () => {
    expect((await payments.details([])).status).to.equal(201);
  });

  describe('RFC9396-3: the token for the resource', () => {
    it('is a JWT that carries them, bound, with aud, auth_time and a lifetime of its own [RFC9068-2.2.1]', async () => {
      const resource = 'https://api.example.com/payments';
      const { status, body } = await payments.tokens([payment], { token: { resource } });
      expect(status, JSON.stringify(body)).to.equal(200);
      expect(body.authorization_details).to.deep.equal([payment]);
      expect(decodeProtectedHeader(body.access_token)).to.include({ typ: 'at+jwt', alg: 'ES256' });
      const claims = decodeJwt(body.access_token);
      expect(claims).to.deep.include({
        aud: resource,
        iss: payments.client.issuer,
        client_id: 'client',
        authorization_details: [payment],
        cnf: { jkt: payments.client.proofKey.jkt },
      });
      expect(claims.auth_time).to.be.a('number');
      expect(Number(claims.exp) - Number(claims.iat)).to.equal(300);
    });

    it('and one for the UserInfo endpoint when openid was asked for and no resource named', async () => {
      const { body } = await payments.tokens([payment]);
      expect(body.authorization_details).to.deep.equal([payment]);
      expect((await payments.client.get('/me', body.access_token)).status).to.equal(200);
      expect((await payments.client.get('/resource', body.access_token)).body.authorization_details).to.deep.equal([
        payment,
      ]);
    });

    it('is not given to a client by itself', async () => {
      const authorization_details = JSON.stringify([payment]);
      const answer = await payments.client.token({ grant_type: 'client_credentials', authorization_details });
      refused(answer, /more than was granted/);
    });
  });

  describe('the person', () => {
    it('reads amount, creditor and a masked account', async () => {
      const { page } = await payments.consent([payment]);
      const text = page.html.replace(/[\u2068\u2069]/g, '');
      expect(text).to.contain('Pay €123.50 to Merchant A').and.contain('•••• 8603');
      expect(text).to.not.contain('DE02100100109307118603');
      expect(ticked(page)).to.deep.equal([]);
    });

    it('in the language the request asks for', async () => {
      const { page } = await payments.consent([payment], { ui_locales: 'de' });
      expect(page.html.replace(/[\u2068\u2069]/g, '').replaceAll('\u00a0', ' ')).to.contain(
        '123,50 € an Merchant A zahlen',
      );
    });

    it('sees markup as text', async () => {
      const { page } = await payments.consent([{ ...payment, creditorName: '<b>"Bold"</b>\u202e' }]);
      expect(page.html).to.contain('&lt;b&gt;&quot;Bold&quot;&lt;/b&gt;').and.not.contain('\u202e');
    });

    it('grants no account that was unticked', async () => {
      const { body } = await accounts.tokens([access], { ticks: (boxes) => boxes.slice(1) });
      expect(body.authorization_details).to.deep.equal([{ ...access, accounts: [other] }]);
    });

    it('grants none of two details that was unticked', async () => {
      const second = { ...access, actions: ['read_transactions'], accounts: [other] };
      const { body } = await accounts.tokens([access, second], { ticks: (boxes) => boxes.slice(-1) });
      expect(body.authorization_details).to.deep.equal([second]);
    });

    it('is asked again when nothing is left', async () => {
      const { browser, page } = await accounts.consent([access]);
      const again = await browser.submit(page, { action: 'continue' }, []);
      expect(again.response?.status).to.equal(422);
      expect(again.html).to.contain('Choose at least one');
    });

    it('grants nothing but what was pushed, whatever the form says', async () => {
      const forged = ['0.0', '0.7', '1', '9.9', '0.-1', '0.__proto__', JSON.stringify(access), '0.0'];
      const { body } = await accounts.tokens([access], { ticks: () => forged.map((value) => ['detail', value]) });
      expect(body.authorization_details).to.deep.equal([{ ...access, accounts: [mine] }]);
    });

    it('has granted for one request, not for the next', async () => {
      const { browser, page } = await accounts.consent([access]);
      await browser.submit(page, { action: 'continue' });
      const { body } = await accounts.client.push({ ...accounts.client.params, prompt: 'consent' });
      const again = await browser.open(accounts.client.authorizationUrl(body.request_uri));
      const { url } = await browser.submit(again, { action: 'continue' });
      const answer = await accounts.client.exchange(url.searchParams.get('code') ?? '');
      expect(answer.status).to.equal(200);
      expect(answer.body).to.not.have.property('authorization_details');
    });
  });

  describe('RFC9396-6.1: a refresh', () => {
    const resource = 'https://api.example.com/accounts';
    const ask = (details: unknown) => ({ resource, authorization_details: JSON.stringify(details) });

    it('gets what was granted, or less, never more', async () => {
      const ticks = (boxes: readonly (readonly [string, string])[]) => boxes.slice(0, 1);
      const { body } = await accounts.tokens([access], { ticks });
      const granted = { ...access, accounts: [mine] };
      const all = await accounts.client.refresh(body.refresh_token, undefined, { resource });
      expect(all.body.authorization_details).to.deep.equal([granted]);
      const less = await accounts.client.refresh(
        body.refresh_token,
        undefined,
        ask([{ ...granted, actions: ['read_balances'] }]),
      );
      expect(less.body.authorization_details).to.deep.equal([{ ...granted, actions: ['read_balances'] }]);
      const after = await accounts.client.refresh(body.refresh_token, undefined, { resource });
      expect(after.body.authorization_details).to.deep.equal([granted]);
      for (const more of [
        [access],
        [{ ...granted, actions: ['read_transactions'] }],
        [{ ...granted, actions: [...access.actions, 'read_transactions'] }],
        [granted, granted],
        [{ ...granted, accounts: [] }],
        [{ ...granted, validUntil: '2099-01-01' }],
        [{ type: 'account_information', accounts: [other] }],
      ]) {
        refused(await accounts.client.refresh(body.refresh_token, undefined, ask(more)), /more than was granted/);
      }
    });

    it('that leaves a member out has it as granted', async () => {
      const { body } = await accounts.tokens([access]);
      const { body: less } = await accounts.client.refresh(body.refresh_token, undefined, ask([{ type: access.type }]));
      expect(less.authorization_details).to.deep.equal([access]);
    });
  });

  it('are enriched by the deployment, and compared without what it added', async () => {
    const asked = { ...access, validUntil: '2099-12-31' };
    const enriched = { ...asked, consent: 'client has one' };
    const { body } = await accounts.tokens([asked]);
    expect(body.authorization_details).to.deep.equal([enriched]);
    for (const known of [asked, enriched]) {
      const authorization_details = JSON.stringify([{ ...known, actions: ['list_accounts'] }]);
      const { body: less } = await accounts.client.refresh(body.refresh_token, undefined, { authorization_details });
      expect(less.authorization_details).to.deep.equal([{ ...enriched, actions: ['list_accounts'] }]);
    }
  });

  it('are told at introspection', async () => {
    const { body } = await accounts.tokens([access], { token: { resource: 'https://api.example.com/accounts' } });
    const { body: told } = await accounts.client.introspect(body.access_token);
    expect(told).to.deep.include({ active: true, authorization_details: [access] });
  });
});

describe('authorization_details without types', () => {
  it('are refused, where core would ignore them, at the push and at the token endpoint', async () => {
    const flow = await Flow.start({ file: 'config/development.yaml' });
    try {
      refused(await flow.details([payment]), /payment_initiation is no type/);
      const { body } = await flow.client.request('/.well-known/openid-configuration');
      expect(body).to.not.have.property('authorization_details_types_supported');
      const authorization_details = JSON.stringify([payment]);
      const granted = { grant_type: 'client_credentials', authorization_details };
      refused(await flow.client.token(granted), /payment_initiation is no type/);
    } finally {
      await flow.server.close();
    }
  });
});
