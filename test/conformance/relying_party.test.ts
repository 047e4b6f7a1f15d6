import { expect } from 'chai';

import { authorize, Browser } from '../../lib/demo/browser.ts';
import { plainProfiles, profileNames } from '../../lib/profiles/profiles.ts';
import { trustingFetch } from '../flows/server.ts';
import { person } from '../support/wire_client.ts';
import { clientPlans } from './client_plans.ts';
import { type RelyingParty, relyingParty } from './relying_party.ts';
import { closeServers, party, serverOf, type Variant } from './rows/setting.ts';

describe('the sample relying party', () => {
  after(closeServers);

  async function partyOf(variant: Variant): Promise<RelyingParty> {
    const { issuer, mtls } = await serverOf(variant);
    const { client_id, redirect_uri, key, kid, certificate } = party(variant, 0);
    const [authenticates, dpop] = [variant.client_auth_type === 'mtls', variant.sender_constrain === 'dpop'];
    return {
      ...{ issuer, client_id, redirect_uri, scope: 'openid profile', dpop, mtls: authenticates },
      key: { key, kid },
      fetch: trustingFetch(certificate),
      signed: variant.signed,
      jarm: variant.signed,
      alg: 'ES256',
      resource: new URL('/resource', dpop ? issuer : mtls),
    };
  }
  const browse = async (url: URL) => (await authorize(new Browser(trustingFetch()), url, person)).url;

  const variants: readonly Variant[] = [
    { client_auth_type: 'private_key_jwt', sender_constrain: 'dpop', openid: 'openid_connect', signed: true },
    { client_auth_type: 'mtls', sender_constrain: 'mtls', openid: 'openid_connect', signed: true },
  ];
  for (const variant of variants) {
    it(`gets from the push to the resource: ${variant.client_auth_type}, ${variant.sender_constrain}`, async () => {
      const answer = await relyingParty(await partyOf(variant), browse);
      expect(answer.status).to.equal(200);
      expect((await answer.json()) as object).to.include({ client_id: party(variant, 0).client_id });
    });
  }

  it('takes no metadata of another issuer, nor an answer of another state', async () => {
    const own = await partyOf(variants[0] as Variant);
    const wrong = { ...own, issuer: `${own.issuer}/.well-known/openid-configuration` };
    const refused = async (run: Promise<unknown>) => expect(await run.catch((error: Error) => error)).to.be.an('error');
    await refused(relyingParty(wrong, browse));
    await refused(
      relyingParty(own, async () => new URL(`${own.redirect_uri}?code=code&state=other&iss=${own.issuer}`)),
    );
  });

  it('is run in all sixteen variants of the suite’s plans for clients, and in those of six ecosystems', () => {
    const names = [...new Set(clientPlans.map(({ name }) => name))];
    expect(names.filter((name) => !name.startsWith('rp-eco-'))).to.have.length(16);
    expect(names.filter((name) => name.startsWith('rp-eco-'))).to.have.members(
      profileNames.filter((name) => !plainProfiles.some((plain) => plain === name)).map((name) => `rp-eco-${name}`),
    );
  });
});
