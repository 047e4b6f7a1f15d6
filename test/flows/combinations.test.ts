import '../support/mocha.ts';

import { expect } from 'chai';

import { migratedDatabase, type TestDatabase } from '../support/postgres.ts';
import { clients } from './clients.ts';
import { authorized, type FlowClient, type Library, type Tokens } from './flow_client.ts';
import { oauth4webapi } from './oauth4webapi.ts';
import { openidClient } from './openid_client.ts';
import { type FlowServer, flowServer } from './server.ts';

const profiles = ['fapi2-security-profile', 'fapi2-message-signing'] as const;
const libraries: Readonly<Record<string, Library>> = { 'openid-client': openidClient, oauth4webapi };
const databases: Readonly<Record<string, () => Promise<TestDatabase>>> = {
  PGlite: async () => ({ url: 'pglite:', drop: async () => {} }),
  Postgres: migratedDatabase,
};

const nonce = 'n-0S6_WzA2Mj';

/** On Postgres each library meets each profile; on PGlite, which the contract tries in full, each meets one. */
const alsoOn = (database: string, profile: string, library: string) =>
  database === 'Postgres' || (profile === 'fapi2-message-signing') === (library === 'openid-client');

for (const [name, make] of Object.entries(databases)) {
  for (const profile of profiles) {
    describe(`flows: ${profile} on ${name}`, () => {
      let server: FlowServer;
      let database: TestDatabase;
      before(async () => {
        database = await make();
        server = await flowServer({ profile, database: database.url });
      });
      after(async () => {
        await server?.close();
        await database?.drop();
      });

      for (const client of clients) {
        const { client_id, client_auth, sender_constrain } = client;
        for (const [library_name, library] of Object.entries(libraries)) {
          if (!alsoOn(name, profile, library_name)) continue;
          it(`${library_name}: ${client_auth}, ${sender_constrain}, with openid`, async () => {
            const flow = await library(server, client);
            const tokens = await obtained(flow, { scope: 'openid profile', nonce });
            expect(tokens.claims).to.include({ iss: server.issuer, aud: client_id, nonce });
            const sub = `${tokens.claims?.sub}`;
            expect(await read(flow, tokens.access_token)).to.deep.equal({ client_id, sub, scope: 'openid profile' });
            expect(await flow.userinfo(tokens.access_token, sub)).to.include({ sub, name: 'Demo Person' });
            const refreshed = await flow.refresh(`${tokens.refresh_token}`);
            expect(refreshed.claims?.sub).to.equal(sub);
            expect(await read(flow, refreshed.access_token)).to.include({ sub });
          });

          it(`${library_name}: ${client_auth}, ${sender_constrain}, without openid`, async () => {
            const flow = await library(server, client);
            const tokens = await obtained(flow, { scope: 'profile' });
            expect(tokens.claims).to.equal(undefined);
            expect(await read(flow, tokens.access_token)).to.include({ client_id, scope: 'profile' });
            const refreshed = await flow.refresh(`${tokens.refresh_token}`);
            expect(refreshed.refresh_token, 'FAPI2-SP-FINAL-5.3.2.1-9').to.equal(tokens.refresh_token);
            const { active, cnf } = await flow.introspect(refreshed.access_token);
            expect(active).to.equal(true);
            expect(cnf).to.have.property(sender_constrain === 'dpop' ? 'jkt' : 'x5t#S256');
            await flow.revoke(refreshed.access_token);
            expect(await flow.introspect(refreshed.access_token)).to.include({ active: false });
          });
        }

        async function obtained(flow: FlowClient, params: Record<string, string>): Promise<Tokens> {
          const tokens = await flow.exchange(await authorized(flow, params));
          expect(tokens.token_type).to.match(sender_constrain === 'dpop' ? /^dpop$/i : /^bearer$/i);
          expect(tokens.scope).to.equal(params.scope);
          return tokens;
        }

        async function read(flow: FlowClient, token: string): Promise<unknown> {
          const resource = new URL('/resource', client.certificate ? server.mtls : server.issuer);
          return (await flow.resource(token, resource)).json();
        }
      }
    });
  }
}
