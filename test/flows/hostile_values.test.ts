import { expect } from 'chai';

import { authorize, Browser } from '../../lib/demo/browser.ts';
import { payload } from '../support/jwt.ts';
import { assertionType, person } from '../support/wire_client.ts';
import { encode, Flow, fetch, profiles, type Value } from './flow.ts';

const texts: Readonly<Record<string, string>> = {
  'a NUL': 'a\u0000b',
  SQL: "'; drop table oidc_payloads; --",
  'a placeholder': '? $1 ?? :name %s {0}',
  markup: '"><script>alert(1)</script><img src=x onerror=alert(1)>',
  'a line break': 'a\r\nset-cookie: x=y\r\n\r\n',
  'every plane': '🦊 ﷽ \u202e \ufeff \u2028 é',
  'a prototype': '{"__proto__":{"x":1}}',
};
const hostile: Readonly<Record<string, Value>> = {
  ...texts,
  'a lone surrogate': { encoded: 'a%ED%A0%80b' },
  'no UTF-8': { encoded: '%FF%FE%C3%28' },
  'a broken percent sign': { encoded: 'a%ZZ%' },
  '30 kB': 'y'.repeat(30_000),
  '100 kB': 'x'.repeat(100_000),
};

const pushedParameters = [
  ...['client_id', 'response_type', 'response_mode', 'redirect_uri', 'scope', 'state', 'nonce', 'claims', 'resource'],
  ...['code_challenge', 'code_challenge_method', 'dpop_jkt', 'login_hint', 'id_token_hint', 'ui_locales', 'acr_values'],
  ...['max_age', 'prompt', 'display', 'authorization_details', 'request', 'request_uri', '__proto__', 'anything'],
];
const tokenParameters = ['grant_type', 'code', 'refresh_token', 'redirect_uri', 'code_verifier', 'client_id', 'scope'];

for (const profile of profiles) {
  describe(`hostile values: ${profile}`, () => {
    const flow = Flow.during({ profile });

    for (const [kind, value] of Object.entries(hostile)) {
      it(`${kind} in a pushed request: refused, or taken, never an error of the server`, async () => {
        for (const name of pushedParameters) {
          const { [name]: _, ...others } = flow.client.params;
          const { status, body } = await flow.fields('/request', [...Object.entries(others), [name, value]]);
          expect(status, `${name}: ${JSON.stringify(body)}`).to.be.oneOf([201, 400, 401, 413]);
        }
      });

      it(`${kind} at the token, introspection, revocation and userinfo endpoints`, async () => {
        const usual = { grant_type: 'authorization_code', code: 'x', code_verifier: 'x'.repeat(43) };
        for (const name of tokenParameters) {
          const { [name]: _, ...others } = usual as Record<string, string>;
          if (name === 'refresh_token') others.grant_type = name;
          const headers = { dpop: await flow.client.proof('POST', '/token') };
          const { status, body } = await flow.fields('/token', [...Object.entries(others), [name, value]], headers);
          expect(status, `${name}: ${JSON.stringify(body)}`).to.be.oneOf([400, 401, 413]);
        }
        expect((await flow.fields('/token/revocation', { token: value })).status).to.be.oneOf([200, 400, 413]);
        const asked = await fetch(`${flow.server.issuer}/token/introspection`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: `token=${encode(value)}&client_assertion=${await flow.client.assertion()}&client_assertion_type=${encode(assertionType)}`,
        });
        expect(asked.status).to.be.oneOf([200, 400, 413]);
        const authorization = `DPoP ${encode(value).slice(0, 8000)}`;
        for (const path of ['/me', '/resource']) {
          const { status } = await fetch(flow.server.issuer + path, { headers: { authorization } });
          expect(status, path).to.be.oneOf([400, 401]);
        }
      });

      it(`${kind} at the authorization endpoint and the pages: no error of the server, no markup`, async () => {
        const text = encode(value).slice(0, 8000).replace(/%.?$/, '');
        for (const path of [
          `/auth?client_id=${text}&request_uri=${text}`,
          `/auth?client_id=client&request_uri=urn:ietf:params:oauth:request_uri:${text}`,
          `/auth?client_id=client&${text}=${text}`,
          `/auth/${text}`,
          `/interaction/${text}`,
          `/session/end?client_id=${text}&post_logout_redirect_uri=${text}&state=${text}`,
          `/.well-known/${text}`,
          `/${text}`,
        ]) {
          const response = await fetch(flow.server.issuer + path, { headers: { accept: 'text/html' } });
          expect(response.status, path.slice(0, 80)).to.be.within(200, 499);
          expect(await response.text()).not.to.match(/<script>alert|<img src=x/);
        }
      });
    }

    for (const [kind, value] of Object.entries(texts)) {
      it(`${kind}: state and nonce come back byte for byte, and no page believes them`, async () => {
        const { client } = flow;
        const { status, body } = await flow.push({ ...client.params, state: value, nonce: value, login_hint: value });
        expect(status, JSON.stringify(body)).to.equal(201);
        const url = client.authorizationUrl(body.request_uri);
        const page = await new Browser(fetch).open(url);
        expect(page.html).to.include('name="password"').and.not.include('<script>').and.not.include('<img');
        const { state, code } = flow.answer((await authorize(new Browser(fetch), url, person)).url);
        expect(state).to.equal(value);
        const tokens = await client.exchange(`${code}`);
        expect(payload(tokens.body.id_token).nonce).to.equal(value);
      });
    }
  });
}
