import { randomBytes } from 'node:crypto';

import { expect } from 'chai';
import { SignJWT, UnsecuredJWT } from 'jose';

import { authorize, Browser } from '../../lib/demo/browser.ts';
import { person } from '../support/wire_client.ts';
import { expectRefusal, Flow, fetch, profiles } from './flow.ts';

for (const profile of profiles) {
  describe(`bad input: ${profile}`, () => {
    const flow = Flow.during({ profile });

    describe('PAR-2.3 at the pushed authorization request endpoint', () => {
      for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
        it(`answers ${method} with 405 and Allow`, async () => {
          const response = await fetch(`${flow.server.issuer}/request`, { method });
          expect(response.status).to.equal(405);
          expect(response.headers.get('allow')).to.equal('POST');
          expect(await response.json()).to.have.property('error', 'invalid_request');
        });
      }

      const types = [
        'application/json',
        'text/plain',
        'multipart/form-data; boundary=x',
        'application/jwt',
        'nonsense',
      ];
      for (const type of types) {
        it(`refuses the content type ${type}`, async () => {
          expectRefusal(
            await flow.form('/request', '{}', { 'content-type': type }),
            400,
            /not a form.*application\/x-www-form-urlencoded/,
          );
        });
      }

      it('refuses a body of 1 MB', async () => {
        expectRefusal(await flow.fields('/request', { state: 'x'.repeat(1024 * 1024) }), 413, /bytes/);
      });

      for (const name of ['client_id', 'redirect_uri', 'scope', 'state', 'code_challenge', 'response_type']) {
        it(`refuses ${name} twice`, async () => {
          const { params } = flow.client;
          const twice = [...Object.entries(params), [name, params[name] ?? 'x'], [name, 'again']] as [string, string][];
          expectRefusal(await flow.fields('/request', twice), 400, new RegExp(`\\b${name}\\b`));
        });
      }

      it('PAR-2.1 refuses a request_uri', async () => {
        const request_uri = 'urn:ietf:params:oauth:request_uri:x';
        expectRefusal(await flow.client.push({ ...flow.client.params, request_uri }), 400, /request_uri/);
      });

      for (const request of [
        'x',
        'a.b.c',
        '..',
        'eyJhbGciOiJFUzI1NiJ9.e30.',
        `eyJhbGciOiJub25lIn0.${'A'.repeat(500)}.`,
      ]) {
        it(`refuses the request object ${request.slice(0, 30)}`, async () => {
          expectRefusal(await flow.client.push({ ...flow.client.params, request }), 400, /request/i);
        });
      }

      it('FAPI2-SP-FINAL-5.4.1-1 refuses a request object without signature, by RS256 or by HS256', async () => {
        const { client } = flow;
        const claims = { ...client.params, iss: 'client', aud: client.issuer };
        const hmac = new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setIssuedAt().setExpirationTime('1m');
        const objects = [
          new UnsecuredJWT(claims).setExpirationTime('1m').encode(),
          await client.assertion({ ...claims, sub: undefined }, { alg: 'RS256' }),
          await hmac.sign(randomBytes(32)),
        ];
        for (const request of objects) {
          expectRefusal(
            await client.push({ client_id: 'client', request }),
            400,
            /request.object|request_not_supported/i,
          );
        }
      });

      it('FAPI2-SP-FINAL-5.4.1-1 refuses a client assertion without signature, by RS256, by HS256, or broken', async () => {
        const { client } = flow;
        const claims = { iss: 'client', sub: 'client', aud: client.issuer, jti: 'x' };
        const hmac = new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1m');
        const assertions = [
          new UnsecuredJWT(claims).setExpirationTime('1m').encode(),
          await client.assertion({}, { alg: 'RS256' }),
          await hmac.sign(randomBytes(32)),
          'a.b.c',
          'x',
          `${(await client.assertion()).slice(0, -8)}AAAAAAAA`,
        ];
        for (const client_assertion of assertions) {
          const answer = await flow.push(client.params, { client_assertion });
          expectRefusal(answer, answer.status === 400 ? 400 : 401, /client authentication|client_assertion/);
        }
      });

      it('DPOP-4.3 refuses a proof without signature, by HS256, or broken', async () => {
        const { client } = flow;
        const claims = { htm: 'POST', htu: `${client.issuer}/request`, jti: 'x' };
        const hmac = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'dpop+jwt' }).setIssuedAt();
        const proofs = [
          new UnsecuredJWT(claims).setIssuedAt().encode(),
          await hmac.sign(randomBytes(32)),
          'a.b.c',
          'x',
          `${await client.proof('POST', '/request')}, ${await client.proof('POST', '/request')}`,
        ];
        for (const dpop of proofs) expectRefusal(await flow.push(client.params, { dpop }), 400, /dpop/i);
      });
    });

    it('PAR-4 beside a request_uri at the authorization endpoint, other parameters are ignored', async () => {
      const { client } = flow;
      const { body } = await flow.push({ ...client.params, state: 'pushed' });
      const url = client.authorizationUrl(body.request_uri);
      const others = {
        state: 'other',
        scope: 'email',
        redirect_uri: 'https://attacker.example/',
        response_type: 'token',
        response_mode: 'fragment',
        prompt: 'none',
        code_challenge: 'x',
      };
      for (const [name, value] of Object.entries(others)) url.searchParams.append(name, value);
      const { url: callback } = await authorize(new Browser(fetch), url, person);
      expect(callback.origin + callback.pathname).to.equal(client.redirectUri);
      const { state, code } = flow.answer(callback);
      expect(state).to.equal('pushed');
      const { body: tokens } = await client.exchange(`${code}`);
      expect(tokens.scope).to.equal('openid offline_access');
    });
  });
}
