import '../support/log_level.ts';

import { expect } from 'chai';

import { authorize, Browser } from '../../lib/demo/browser.ts';
import { clients } from './clients.ts';
import { type Library, redirectUri } from './flow_client.ts';
import { oauth4webapi } from './oauth4webapi.ts';
import { openidClient } from './openid_client.ts';
import { type FlowServer, flowServer, person, trustingFetch } from './server.ts';

const profiles = ['fapi2-security-profile', 'fapi2-message-signing'] as const;
const libraries: Readonly<Record<string, Library>> = { 'openid-client': openidClient, oauth4webapi };
const databases: Readonly<Record<string, () => Promise<string>>> = {
  PGlite: async () => 'pglite:',
};

for (const [database, url] of Object.entries(databases)) {
  for (const profile of profiles) {
    describe(`flows: ${profile} on ${database}`, () => {
      let server: FlowServer;
      before(async () => {
        server = await flowServer({ profile, database: await url() });
      });
      after(() => server?.close());

      for (const client of clients) {
        const { client_id, client_auth, sender_constrain } = client;
        for (const [name, library] of Object.entries(libraries)) {
          it(`${name}: ${client_auth}, ${sender_constrain}, with openid`, async () => {
            const { tokens, flow, resource } = await authorized(library, 'openid profile', { nonce: 'n-0S6_WzA2Mj' });
            expect(tokens.claims).to.include({ iss: server.issuer, aud: client_id, nonce: 'n-0S6_WzA2Mj' });
            const sub = `${tokens.claims?.sub}`;
            expect(await resource(tokens.access_token)).to.deep.equal({ client_id, sub, scope: 'openid profile' });
            expect(await flow.userinfo(tokens.access_token, sub)).to.include({ sub, name: 'Demo Person' });
          });

          it(`${name}: ${client_auth}, ${sender_constrain}, without openid`, async () => {
            const { tokens, resource } = await authorized(library, 'profile');
            expect(tokens.claims).to.equal(undefined);
            expect(await resource(tokens.access_token)).to.include({ client_id, scope: 'profile' });
          });
        }

        /** From the push to the end of the tokens; what the resource says on the way. */
        async function authorized(library: Library, scope: string, more: Record<string, string> = {}) {
          const flow = await library(server, client);
          const { url, html } = await authorize(
            new Browser(trustingFetch()),
            await flow.push({ scope, ...more }),
            person,
          );
          expect(url.href, html).to.match(new RegExp(`^${redirectUri}\\?`));
          const tokens = await flow.exchange(url);
          expect(tokens.token_type).to.match(sender_constrain === 'dpop' ? /^dpop$/i : /^bearer$/i);
          expect(tokens.scope).to.equal(scope);
          const place = new URL('/resource', client.certificate ? server.mtls : server.issuer);
          const resource = async (token: string) => (await flow.resource(token, place)).json();
          return { tokens, flow, resource };
        }
      }
    });
  }
}
