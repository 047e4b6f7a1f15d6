import { expect } from 'chai';
import { decodeJwt } from 'jose';

import { Browser } from '../../lib/demo/browser.ts';
import { ukConsents } from '../../lib/fapi/ecosystems/uk_consents.ts';
import * as expectations from '../conformance/rows/expectations.ts';
import { person, trustingFetch } from '../flows/server.ts';
import { type ConsentCase, type ConsentClient, describeConsents } from './consents.ts';

const permissions = ['ReadAccountsBasic', 'ReadBalances'];
const intent = (value: string) => ({ openbanking_intent_id: { value, essential: true } });

const uk: ConsentCase = {
  profile: 'openbanking-uk',
  options: { set: ['resource.path=/resource'] },
  path: ukConsents.path,
  scope: 'accounts',
  type: 'application/json',
  clauses: {
    api: 'OBRW-AISP-CONSENT',
    named: 'OBSP-3.3',
    given: 'OBRW-AISP-AUTHORISATION',
    lasting: 'OBRW-AISP-END',
  },
  states: { awaiting: 'AwaitingAuthorisation', authorised: 'Authorised', rejected: 'Rejected', revoked: 'Revoked' },
  permissions,
  said: 'Read accounts basic',
  body: (_client, { permissions: Permissions, until: ExpirationDateTime }) =>
    JSON.stringify({ Data: { Permissions, ExpirationDateTime }, Risk: {} }),
  read({ body: { Data } }) {
    return { id: Data.ConsentId, state: Data.Status, permissions: Data.Permissions };
  },
  asking: (client, id) => ({
    params: { ...client.params, scope: 'openid accounts' },
    otherwise: { object: { claims: { id_token: intent(id) } } },
  }),
  error: ({ body }) => body.Code.replace(/^400 /, ''),
};

describeConsents(uk, (both) => {
  const first = (): ConsentClient => both()[0];

  it('OBSP-3.4 tells openbanking_intent_id in the ID Token, also of a refresh', async () => {
    const id = await first().consent();
    const { claims, refresh_token } = await first().flow(id);
    expect(claims?.openbanking_intent_id).to.equal(id);
    const { body } = await first().client.refresh(refresh_token);
    expect(decodeJwt(body.id_token).openbanking_intent_id).to.equal(id);
    const metadata = await first().client.send(`${first().client.server.issuer}/.well-known/openid-configuration`);
    expect(metadata.body.claims_supported).to.include('openbanking_intent_id');
  });

  it('OBSP-3.3 takes no request that names two intents, or one that is no text', async () => {
    const { client } = first();
    const [one, other] = [await first().consent(), await first().consent()];
    for (const claims of [
      { id_token: intent(one), userinfo: intent(other) },
      { id_token: { openbanking_intent_id: { value: 7 } } },
      { id_token: { openbanking_intent_id: { value: { id: one } } } },
      { id_token: { openbanking_intent_id: null } },
    ]) {
      const answer = await client.push({ ...client.params, scope: 'openid accounts' }, { object: { claims } });
      expectations.par(answer, 'invalid_request');
      expect(answer.body.error_description).to.include('names no consent (OBSP-3.3)');
    }
  });

  it('OBRW-AISP-AUTHORISATION asks for the consent, not for a claim of its name', async () => {
    const browser = new Browser(trustingFetch());
    const login = await browser.open(await first().url(await first().consent()));
    const { html } = await browser.submit(login, { ...person, action: 'continue' });
    expect(html).not.to.match(/intent id/i);
  });

  it('OBRW-AISP-CONSENT refuses members and permissions the specification does not have, and no Risk', async () => {
    for (const body of [
      { Data: { Permissions: ['ReadEverything'] }, Risk: {} },
      { Data: { Permissions: permissions, Accounts: ['1'] }, Risk: {} },
      { Data: { Permissions: permissions } },
    ]) {
      const answer = await first().post(JSON.stringify(body));
      expect(answer.status, JSON.stringify(body)).to.equal(400);
      expect(answer.body.Errors[0].ErrorCode).to.equal('UK.OBIE.Field.Invalid');
    }
  });
});
