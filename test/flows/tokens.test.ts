import { expect } from 'chai';

import { clients, testClient } from './clients.ts';
import { authorized, type FlowClient } from './flow_client.ts';
import { oauth4webapi } from './oauth4webapi.ts';
import { openidClient } from './openid_client.ts';
import { type FlowServer, flowServer } from './server.ts';

const libraries = { 'openid-client': openidClient, oauth4webapi };
const owner = clients.find(({ client_id }) => client_id === 'private_key_jwt-mtls') as (typeof clients)[0];
const other = clients.find(({ client_id }) => client_id === 'tls_client_auth-mtls') as (typeof clients)[0];
/** It can obtain no token, so it is nobody but one who is asked for what a token opens. */
const resourceServer = await testClient('private_key_jwt', 'dpop', {
  client_id: 'resource-server',
  grant_types: [],
  response_types: [],
  redirect_uris: [],
});

for (const profile of ['fapi2-security-profile', 'fapi2-message-signing'] as const) {
  describe(`tokens: ${profile}`, () => {
    let server: FlowServer;
    let resource: URL;
    before(async () => {
      server = await flowServer({ profile, clients: [...clients, resourceServer] });
      resource = new URL('/resource', server.mtls);
    });
    after(() => server?.close());

    async function granted(flow: FlowClient) {
      return flow.exchange(await authorized(flow, { scope: 'openid profile' }));
    }

    for (const [name, library] of Object.entries(libraries)) {
      it(`${name}, RFC7662-2: a resource server may ask about any token`, async () => {
        const flow = await library(server, owner);
        const asks = await library(server, resourceServer);
        const { access_token, refresh_token, claims } = await granted(flow);
        const { sub } = claims ?? {};
        const known = { active: true, client_id: owner.client_id, scope: 'openid profile', sub };
        expect(await asks.introspect(access_token)).to.deep.include(known);
        expect(await asks.introspect(`${refresh_token}`)).to.deep.include(known);
        expect(await asks.introspect('of nobody')).to.deep.equal({ active: false });
      });

      it(`${name}, RFC7662-4: another client learns nothing, not even that there is such a token`, async () => {
        const { access_token } = await granted(await library(server, owner));
        const asks = await library(server, other);
        expect(await asks.introspect(access_token)).to.deep.equal({ active: false });
      });

      it(`${name}, FAPI2-SP-FINAL-6.8: a revoked refresh token takes its access tokens along`, async () => {
        const flow = await library(server, owner);
        const { access_token, refresh_token } = await granted(flow);
        expect((await flow.resource(access_token, resource)).status).to.equal(200);
        await flow.revoke(`${refresh_token}`);
        for (const token of [access_token, `${refresh_token}`]) {
          expect(await flow.introspect(token)).to.deep.equal({ active: false });
        }
        expect(await refusal(flow.resource(access_token, resource))).to.equal(401);
        expect(await refusal(flow.refresh(`${refresh_token}`))).to.equal(400);
      });

      it(`${name}, FAPI2-SP-FINAL-6.8: another client revokes nothing`, async () => {
        const flow = await library(server, owner);
        const { access_token } = await granted(flow);
        await refusal((await library(server, other)).revoke(access_token));
        expect((await flow.resource(access_token, resource)).status).to.equal(200);
      });

      for (const client of clients) {
        it(`${name}, client_credentials: ${client.client_id}`, async () => {
          const flow = await library(server, client);
          const { access_token, refresh_token, token_type } = await flow.clientCredentials({ scope: 'profile' });
          expect(refresh_token).to.equal(undefined);
          expect(token_type).to.match(client.sender_constrain === 'dpop' ? /^dpop$/i : /^bearer$/i);
          const place = client.certificate ? resource : new URL('/resource', server.issuer);
          const answer = await (await flow.resource(access_token, place)).json();
          expect(answer).to.deep.equal({ client_id: client.client_id, scope: 'profile' });
        });
      }
    }
  });
}

/** The status a library was refused with. */
async function refusal(act: Promise<unknown>): Promise<number | undefined> {
  return act.then(
    () => undefined,
    ({ status }: { status?: number }) => status,
  );
}
