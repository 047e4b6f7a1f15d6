import { expect } from 'chai';
import { decodeJwt } from 'jose';

import type { Accounts } from '../../lib/accounts/accounts.ts';
import { listedAccounts } from '../../lib/accounts/listed.ts';
import { closeAll, held, type Setting, served as servedWith } from '../support/held.ts';
import type { RawClient } from '../support/raw_client.ts';

const own = { features: { claimsParameter: { enabled: true } } };
const served = (setting: Omit<Setting, 'by'>) => servedWith({ own, ...setting });
const acr = { bronze: ['pwd'], silver: ['pwd', 'otp'] };
const essential = (...values: unknown[]) => JSON.stringify({ id_token: { acr: { essential: true, values } } });
const voluntary = (...values: unknown[]) => JSON.stringify({ id_token: { acr: { values } } });

const listed = listedAccounts([{ login: 'demo', password: 'demo' }]);
/** Accounts of a deployment that has a second factor. */
const strong: Accounts = {
  async authenticate(login, password) {
    const sub = await listed.authenticate(login, password);
    return sub === undefined ? undefined : { sub, amr: ['pwd', 'otp'] };
  },
  findAccount: listed.findAccount,
};

async function told(client: RawClient, more: Record<string, string>): Promise<unknown> {
  const { body } = await client.exchange(await client.code({ ...client.params, ...more }));
  return decodeJwt(body.id_token).acr;
}

async function failure(client: RawClient, more: Record<string, string>): Promise<string | null> {
  const { status, body } = await client.push({ ...client.params, ...more });
  expect(status, JSON.stringify(body)).to.equal(201);
  return (await client.authorize(body.request_uri)).searchParams.get('error');
}

describe('The authentication context', () => {
  after(closeAll);

  held('OIDCC-5.5.1.1', { by: 'acr', settings: { acr }, own }, async (client) => {
    expect(await told(client, { claims: essential('gold', 'bronze') })).to.equal('bronze');
    expect(await failure(client, { claims: essential('silver') })).to.equal('unmet_authentication_requirements');
  });

  it('is listed in the metadata', async () => {
    const client = await served({ settings: { acr } });
    const { body } = await client.request('/.well-known/openid-configuration');
    expect(body.acr_values_supported).to.deep.equal(['bronze', 'silver']);
    expect(body.claims_supported).to.include('acr');
  });

  for (const [title, values] of [
    ['nobody knows', ['gold', 'urn:example:7']],
    ['is no text', [7, null, {}]],
  ] as const) {
    it(`OIDCC-5.5.1.1 refuses at the push an essential one that ${title}`, async () => {
      const client = await served({ settings: { acr } });
      const { status, body } = await client.push({ ...client.params, claims: essential(...values) });
      expect({ status, error: body.error }).to.deep.equal({
        status: 400,
        error: 'unmet_authentication_requirements',
      });
      expect(body.error_description).to.include('bronze, silver');
    });
  }

  it('refuses every essential one where none is known', async () => {
    const client = await served({});
    const { body } = await client.push({ ...client.params, claims: essential('bronze') });
    expect(body.error).to.equal('unmet_authentication_requirements');
  });

  it('is the one the login has reached, whatever was wished for', async () => {
    const client = await served({ settings: { acr } });
    expect(await told(client, { acr_values: 'gold silver' })).to.equal('bronze');
    expect(await told(client, { acr_values: 'silver bronze' })).to.equal('bronze');
    expect(await told(client, { claims: voluntary('gold') })).to.equal('bronze');
  });

  it('is not told where the login has reached none', async () => {
    const client = await served({ settings: { acr: { silver: ['pwd', 'otp'] } } });
    expect(await told(client, { acr_values: 'silver' })).to.equal(undefined);
  });

  it('follows the wish of each request, where one login has reached several', async () => {
    const client = await served({ settings: { acr }, accounts: strong });
    expect(await told(client, { claims: essential('silver') })).to.equal('silver');
    expect(await told(client, { claims: essential('bronze') })).to.equal('bronze');
    expect(await told(client, { acr_values: 'bronze silver' })).to.equal('bronze');
    expect(await told(client, { acr_values: 'gold' })).to.equal('silver');
  });

  it('keeps an essential one beside acr_values, which are a wish', async () => {
    const client = await served({ settings: { acr } });
    const more = { claims: essential('silver'), acr_values: 'bronze' };
    expect(await failure(client, more)).to.equal('unmet_authentication_requirements');
  });
});
