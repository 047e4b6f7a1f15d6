import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import { decodeJwt } from 'jose';

import { authorize, Browser } from '../../lib/demo/browser.ts';
import * as expectations from '../conformance/rows/expectations.ts';
import { trustingFetch } from '../flows/server.ts';
import { person } from '../support/wire_client.ts';
import { ca, intent, sca, uk } from './cases.ts';
import { ConsentClient, describeConsents } from './consents.ts';
import { type Ecosystem, ecosystem, twoFactors } from './ecosystem.ts';

const { permissions } = uk;

/** Where an authorization for a consent ends that asks for an acr in this way. */
async function asking({ client }: ConsentClient, id: string, acr: object) {
  const { params } = client;
  const claims = { id_token: { ...intent(id), acr } };
  const answer = await client.push({ ...params, scope: 'openid accounts' }, { object: { claims } });
  return { params, url: client.authorizationUrl(expectations.pushed(answer)) };
}

describeConsents(uk, (both) => {
  const first = (): ConsentClient => both()[0];

  it('OBSP-3.4-1 tells of the two acr the one that was reached', async () => {
    const { client } = first();
    const { params, url } = await asking(first(), await first().consent(), { essential: true, values: [sca, ca] });
    const { body } = await client.exchange(await expectations.code(client, await client.visit(url), params.state));
    expect(decodeJwt(body.id_token).acr).to.equal(ca);
    const metadata = await client.request(`${client.server.issuer}/.well-known/openid-configuration`);
    expect(metadata.body.acr_values_supported).to.have.members([sca, ca]);
  });

  it('OBSP-3.4-2 answers access_denied where a password is not enough', async () => {
    const { client } = first();
    const { params, url } = await asking(first(), await first().consent(), { essential: true, value: sca });
    await expectations.az(client, await client.visit(url), ['access_denied'], { state: `${params.state}` });
  });

  it('OBSP-3.4-3 tells openbanking_intent_id in the ID Token, also of a refresh', async () => {
    const id = await first().consent();
    const { claims, refresh_token } = await first().flow(id);
    expect(claims?.openbanking_intent_id).to.equal(id);
    const { body } = await first().client.refresh(refresh_token);
    expect(decodeJwt(body.id_token).openbanking_intent_id).to.equal(id);
    const metadata = await first().client.request(`${first().client.server.issuer}/.well-known/openid-configuration`);
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

describe('profile: openbanking-uk with accounts of two factors', () => {
  let folder: string;
  let eco: Ecosystem;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'factors-'));
    const module = join(folder, 'accounts.mjs');
    await writeFile(module, twoFactors({}));
    eco = await ecosystem('openbanking-uk', {
      set: ['resource.path=/resource', `accounts=${JSON.stringify({ module })}`],
    });
  });
  after(async () => {
    await eco.server.close();
    await rm(folder, { recursive: true });
  });

  for (const [factors, password, acr] of [
    ['one factor reaches ca', 'demo', ca],
    ['two reach sca', 'demo123456', sca],
  ] as const) {
    it(`OBSP-3.4-1 ${factors}`, async () => {
      const consents = new ConsentClient(uk, eco.first);
      const { url } = await asking(consents, await consents.consent(), { essential: true, values: [sca, ca] });
      const landing = await authorize(new Browser(trustingFetch()), url, { login: 'demo', password });
      const { body } = await eco.first.exchange(`${landing.url.searchParams.get('code')}`);
      expect(decodeJwt(body.id_token).acr).to.equal(acr);
    });
  }
});
