import { expect } from 'chai';

import { ksa } from './cases.ts';
import { describeConsents } from './consents.ts';
import { signedBy } from './ecosystem.ts';

const { permissions } = ksa;

describeConsents(ksa, (both) => {
  it('KSAOB-CONSENT-API refuses what another has signed, and what is for another server or has expired', async () => {
    const [first, second] = both();
    const message = { Data: { Permissions: permissions } };
    for (const body of [
      await signedBy(second.client, { message, iss: first.client.party.client_id }),
      await signedBy(first.client, { message, aud: ['https://other.example.com'] }),
      await signedBy(first.client, { message, exp: 1 }),
    ]) {
      const answer = await first.post(body);
      expect(answer.status, JSON.stringify(answer.body)).to.equal(400);
      expect(answer.body.error).to.equal('invalid_request');
    }
  });

  it('KSAOB-CONSENT-NAMED refreshes for the scope that names the consent', async () => {
    const [{ client }, id] = [both()[0], await both()[0].consent()];
    const { access_token, refresh_token } = await both()[0].flow(id);
    expect((await client.resource(access_token)).body.scope.split(' ')).to.include(`accounts:${id}`);
    const again = await client.refresh(refresh_token, {}, { scope: `accounts:${id} openid` });
    expect(again.status, JSON.stringify(again.body)).to.equal(200);
  });
});
