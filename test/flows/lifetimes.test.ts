import { expect } from 'chai';

import { Browser, heading } from '../../lib/demo/browser.ts';
import { person } from '../support/wire_client.ts';
import { clients } from './clients.ts';
import { later, present } from './clock.ts';
import { authorized } from './flow_client.ts';
import { oauth4webapi } from './oauth4webapi.ts';
import { type FlowServer, flowServer, trustingFetch } from './server.ts';

const client = clients[0] as (typeof clients)[0];

describe('lifetimes', () => {
  afterEach(present);

  for (const request_uri_lifetime of [60, 599]) {
    for (const profile of ['fapi2-security-profile', 'fapi2-message-signing'] as const) {
      describe(`FAPI2-SP-FINAL-5.3.2.2-12 par.request_uri_lifetime: ${request_uri_lifetime}, ${profile}`, () => {
        let server: FlowServer;
        before(async () => {
          server = await flowServer({ profile, set: [`par.request_uri_lifetime=${request_uri_lifetime}`] });
        });
        after(() => server?.close());

        it('a person who has begun in time may take two minutes, or nine, to decide', async () => {
          for (const seconds of [120, 540]) {
            const flow = await oauth4webapi(server, client);
            const browser = new Browser(trustingFetch());
            const login = await browser.open(await flow.push({ scope: 'openid' }));
            const consent = await browser.submit(login, { ...person, action: 'continue' });
            later(seconds);
            const place = await browser.submit(consent, { action: 'continue' });
            expect(place.response, heading(place)).to.equal(undefined);
            expect((await flow.exchange(place.url)).claims?.sub).to.be.a('string');
            present();
          }
        });

        it('somebody who is signed in may take two minutes as well', async () => {
          const flow = await oauth4webapi(server, client);
          const browser = new Browser(trustingFetch());
          const first = await browser.open(await flow.push({ scope: 'openid' }));
          await browser.submit(await browser.submit(first, { ...person, action: 'continue' }), { action: 'continue' });
          const again = await oauth4webapi(server, client);
          const consent = await browser.open(await again.push({ scope: 'openid email' }));
          expect(consent.html).not.to.include('name="password"');
          later(120);
          const place = await browser.submit(consent, { action: 'continue' });
          expect((await again.exchange(place.url)).scope).to.equal('openid email');
        });

        it('the link is good until the end, and no longer', async () => {
          // A signed request object ends by itself, and its library gives it one minute.
          const last = Math.min(request_uri_lifetime, profile === 'fapi2-message-signing' ? 60 : 599) - 5;
          const flow = await oauth4webapi(server, client);
          const url = await flow.push({ scope: 'openid' });
          later(last);
          expect((await new Browser(trustingFetch()).open(url)).html).to.include('name="password"');
          later(30);
          const late = await new Browser(trustingFetch()).open(url);
          expect(late.response?.status).to.equal(400);
          expect(late.html).to.include('invalid_request_uri');
        });
      });
    }
  }

  describe('of codes and tokens', () => {
    let server: FlowServer;
    before(async () => {
      server = await flowServer();
    });
    after(() => server?.close());

    it('FAPI2-SP-FINAL-5.3.2.1-11 a code is good for 60 seconds', async () => {
      const flow = await oauth4webapi(server, client);
      const callback = await authorized(flow, { scope: 'openid' });
      later(61 + 15);
      const error = await flow.exchange(callback).catch((cause: { error: string }) => cause);
      expect(error).to.have.property('error', 'invalid_grant');
    });

    it('FAPI2-SP-FINAL-6.1 an access token is good for five minutes, a refresh token for two weeks', async () => {
      const flow = await oauth4webapi(server, client);
      const tokens = await flow.exchange(await authorized(flow, { scope: 'openid offline_access', prompt: 'consent' }));
      const resource = new URL('/resource', server.issuer);
      later(290);
      expect((await flow.resource(tokens.access_token, resource)).status).to.equal(200);
      later(11);
      const error = await flow.resource(tokens.access_token, resource).catch((cause: { status: number }) => cause);
      expect(error.status).to.equal(401);
      later(13 * 86_400);
      const { access_token } = await flow.refresh(`${tokens.refresh_token}`);
      expect((await flow.resource(access_token, resource)).status).to.equal(200);
      later(86_400);
      const refused = await flow.refresh(`${tokens.refresh_token}`).catch((cause: { error: string }) => cause);
      expect(refused).to.have.property('error', 'invalid_grant');
    });

    it('without offline_access a refresh token ends with the session, which ends unused after eight hours', async () => {
      const flow = await oauth4webapi(server, client);
      const tokens = await flow.exchange(await authorized(flow, { scope: 'openid' }));
      later(28_800 - 60);
      await flow.refresh(`${tokens.refresh_token}`);
      later(120);
      const refused = await flow.refresh(`${tokens.refresh_token}`).catch((cause: { error: string }) => cause);
      expect(refused).to.have.property('error', 'invalid_grant');
    });
  });
});
