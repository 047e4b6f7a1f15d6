import { expect } from 'chai';

import { clients } from './clients.ts';
import { authorized } from './flow_client.ts';
import { oauth4webapi } from './oauth4webapi.ts';
import { openidClient } from './openid_client.ts';
import { type FlowServer, flowServer, trustingFetch } from './server.ts';

const bound = clients.filter(({ sender_constrain }) => sender_constrain === 'dpop');

for (const profile of ['fapi2-security-profile', 'fapi2-message-signing'] as const) {
  describe(`FAPI2-SP-FINAL-5.3.2.1-10 dpop.nonce: required, ${profile}`, () => {
    let server: FlowServer;
    before(async () => {
      server = await flowServer({ profile, set: ['dpop.nonce=required'] });
    });
    after(() => server?.close());

    for (const [name, library] of Object.entries({ 'openid-client': openidClient, oauth4webapi })) {
      for (const client of bound) {
        it(`${name}, ${client.client_auth}: asked for a nonce, comes again with it, at every endpoint`, async () => {
          const flow = await library(server, client);
          const { access_token, refresh_token, claims } = await flow.exchange(
            await authorized(flow, { scope: 'openid profile' }),
          );
          const sub = `${claims?.sub}`;
          const resource = new URL('/resource', server.issuer);
          expect(await (await flow.resource(access_token, resource)).json()).to.include({ sub });
          expect(await flow.userinfo(access_token, sub)).to.include({ sub });
          const refreshed = await flow.refresh(`${refresh_token}`);
          expect((await flow.resource(refreshed.access_token, resource)).status).to.equal(200);
        });
      }
    }

    it('DPOP-8 a proof without one is answered with use_dpop_nonce and a nonce', async () => {
      const [client] = bound;
      const sent: Response[] = [];
      const fetch = trustingFetch(client?.certificate);
      const recorded: typeof fetch = async (...args) => {
        const response = await fetch(...args);
        sent.push(response.clone());
        return response;
      };
      const flow = await openidClient(server, client as (typeof bound)[0], recorded);
      await flow.clientCredentials({ scope: 'profile' });
      const [asked, granted] = sent.slice(-2) as [Response, Response];
      expect(asked.status).to.equal(400);
      expect(asked.headers.get('dpop-nonce')).to.be.a('string');
      expect(await asked.json()).to.have.property('error', 'use_dpop_nonce');
      expect(granted.status).to.equal(200);
    });
  });
}
