import { expect } from 'chai';
import { decodeJwt } from 'jose';

import { violations } from '../../lib/profile.ts';
import { openbankingBrazil } from '../../lib/profiles/openbanking_brazil.ts';
import * as expectations from '../conformance/rows/expectations.ts';
import { brazil, cnpj, cpf, document } from './cases.ts';
import { type ConsentClient, describeConsents } from './consents.ts';

const { permissions } = brazil;

describeConsents(brazil, (both) => {
  const first = (): ConsentClient => both()[0];

  it('BRAZILOB-5.2.2-8 names a consent by a URN of the institution, and says who ended it', async () => {
    const id = await first().consent();
    expect(id).to.match(/^urn:localhost:[\w-]{20,}$/);
    await first().at(id, 'DELETE');
    const { data } = (await first().at(id)).body;
    expect(data.rejection).to.deep.equal({ rejectedBy: 'TPP', reason: { code: 'CUSTOMER_MANUALLY_REVOKED' } });
    expect((await first().at(id, 'DELETE')).status).to.equal(422);
  });

  it('BRAZILOB-5.2.2-8 refuses permissions that are none, a cpf of 10 digits, and members it does not know', async () => {
    const good = { permissions, loggedUser: document(cpf, 'CPF') };
    for (const data of [
      { ...good, permissions: ['ACCOUNTS_WRITE'] },
      { ...good, loggedUser: document('7610927767', 'CPF') },
      { ...good, loggedUser: document(cpf, 'RG') },
      { ...good, loggedUser: undefined },
      { ...good, businessEntity: document(cpf, 'CNPJ') },
      { ...good, expiration: 'never' },
    ]) {
      const answer = await first().post(JSON.stringify({ data }));
      expect(answer.status, JSON.stringify(data)).to.equal(400);
      expect(answer.body.meta.requestDateTime).to.match(/^[\d-]+T[\d:]+Z$/);
    }
  });

  it('BRAZILOB-7.2.2-8 is for a person of that company, where it names one', async () => {
    const body = (company: string) =>
      JSON.stringify({
        data: { permissions, loggedUser: document(cpf, 'CPF'), businessEntity: document(company, 'CNPJ') },
      });
    const own = (await first().post(body(cnpj))).body.data.consentId;
    await first().flow(own);
    const other = (await first().post(body('11111111111111'))).body.data.consentId;
    const landing = await first().client.visit(await first().url(other, 'mine'));
    await expectations.az(first().client, landing, ['access_denied'], { state: 'mine' });
  });

  it('BRAZILOB-5.2.2-13 tells the acr in every ID Token, asked for or not', async () => {
    const { claims } = await first().flow(await first().consent());
    expect(claims?.acr).to.equal('urn:brasil:openbanking:loa2');
  });

  it('BRAZILOB-5.2.2-5 knows both acr, whatever the file says', async () => {
    const acr = { 'urn:example:bronze': ['pwd'] };
    const profile = openbankingBrazil({ mtls: { url: 'https://mtls.example.com' }, acr });
    const found = violations(profile, {}).filter(({ clause }) => clause === 'BRAZILOB-5.2.2-5');
    expect(found.map(({ text }) => text).join()).to.match(/loa2.*loa3/);
  });

  async function claiming(claims: object) {
    const { client } = first();
    const { params } = brazil.asking(client, await first().consent());
    return { params, answer: await client.push(params, { object: { claims } }) };
  }

  it('BRAZILOB-5.2.2-4 gives cpf and cnpj to a client that asks for them', async () => {
    const { client } = first();
    const { params, answer } = await claiming({
      id_token: { cpf: { essential: true, value: cpf } },
      userinfo: { cnpj: null },
    });
    const landing = await client.visit(client.authorizationUrl(expectations.pushed(answer)));
    const { body } = await client.exchange(await expectations.code(client, landing, params.state));
    expect(decodeJwt(body.id_token)).to.include({ cpf });
    const { body: userinfo } = await client.request(client.url('/me'), {
      headers: { authorization: `Bearer ${body.access_token}` },
    });
    expect(userinfo.cnpj).to.include(cnpj);
  });

  it('BRAZILOB-5.2.2-4 fails an authentication that cannot meet an essential cpf or cnpj', async () => {
    const { client } = first();
    for (const claims of [
      { id_token: { cpf: { essential: true, value: '00000000191' } } },
      { userinfo: { cnpj: { essential: true, values: ['11111111111111', '22222222222222'] } } },
    ]) {
      const { params, answer } = await claiming(claims);
      const landing = await client.visit(client.authorizationUrl(expectations.pushed(answer)));
      await expectations.az(client, landing, ['access_denied'], { state: `${params.state}` });
    }
  });

  it('BRAZILOB-5.2.2-8 publishes the scopes every institution has', async () => {
    const { body } = await first().client.request(`${first().client.server.issuer}/.well-known/openid-configuration`);
    expect(body.scopes_supported).to.include.members(['openid', 'consents', 'resources', 'loans', 'exchanges']);
    expect(body.claims_supported).to.include.members(['cpf', 'cnpj', 'acr']);
    expect(body.acr_values_supported).to.have.members(['urn:brasil:openbanking:loa2', 'urn:brasil:openbanking:loa3']);
    expect(body.id_token_signing_alg_values_supported).to.deep.equal(['PS256']);
  });
});
