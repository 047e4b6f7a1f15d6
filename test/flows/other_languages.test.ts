import { expect } from 'chai';

import { expectRefusal, Flow, fetch, profiles } from './flow.ts';

/** What HttpURLConnection sends when nobody tells it otherwise. */
const accept = 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2';

for (const profile of profiles) {
  describe(`clients in other languages: ${profile}`, () => {
    const flow = Flow.during({ profile });

    for (const path of ['/request', '/token', '/token/introspection', '/token/revocation']) {
      it(`RFC6749-5.2 an error at ${path} is JSON, whatever Accept says`, async () => {
        const unknown = await flow.form(path, 'client_id=nobody&token=x', { accept });
        expectRefusal(unknown, 401, /invalid_client/);
        const body = path === '/request' ? { scope: 'openid' } : { grant_type: 'password' };
        if (/request|token$/.test(path)) expectRefusal(await flow.fields(path, body, { accept }), 400, /\w+/);
      });
    }

    it('RFC6750-3 an error at the userinfo endpoint and the resource is a challenge, whatever Accept says', async () => {
      for (const path of ['/me', '/resource']) {
        for (const headers of [{ accept }, { accept, authorization: 'DPoP nobodys' }]) {
          const response = await fetch(flow.server.issuer + path, { headers: headers as Record<string, string> });
          expect(response.status, path).to.be.oneOf([400, 401]);
          expect(response.headers.get('content-type'), path).to.match(/^application\/json/);
        }
        const { status, headers } = await fetch(flow.server.issuer + path, {
          headers: { accept, authorization: 'DPoP nobodys', dpop: 'x' },
        });
        expect([status, headers.get('www-authenticate')?.split(' ')[0]]).to.deep.equal([401, 'DPoP']);
      }
    });

    it('a client assertion has no iat and no nbf, or has both; with seconds or with fractions of them', async () => {
      const now = Date.now() / 1000;
      const ways = [
        { iat: undefined, nbf: undefined },
        { iat: Math.floor(now), nbf: Math.floor(now) },
        { iat: now, exp: now + 60 },
      ];
      for (const assertion of ways) {
        expect((await flow.push(flow.client.params, { assertion })).status, JSON.stringify(assertion)).to.equal(201);
      }
    });

    it('RFC7523-3 a client assertion says its kid, or does not', async () => {
      for (const assertionHeader of [{}, { kid: undefined }, { typ: 'JWT' }, { typ: 'client-authentication+jwt' }]) {
        const answer = await flow.push(flow.client.params, { assertionHeader });
        expect(answer.status, JSON.stringify(assertionHeader)).to.equal(201);
      }
    });
  });
}
