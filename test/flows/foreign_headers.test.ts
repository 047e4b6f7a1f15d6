import { X509Certificate } from 'node:crypto';

import { expect } from 'chai';

import { clients } from './clients.ts';
import { expectRefusal, Flow, fetch } from './flow.ts';
import { authorized, redirectUri } from './flow_client.ts';
import { oauth4webapi } from './oauth4webapi.ts';

/** What somebody else puts into a request, in the hope that the server believes it. */
const foreign: readonly Record<string, string>[] = [
  { host: 'attacker.example' },
  { 'x-forwarded-host': 'attacker.example', 'x-forwarded-proto': 'http', 'x-forwarded-for': '203.0.113.9' },
  { forwarded: 'for=203.0.113.9;host=attacker.example;proto=http' },
  { 'x-forwarded-port': '80', 'x-forwarded-prefix': '/attacker', 'x-original-url': '/attacker', 'x-real-ip': '::1' },
];

describe('headers that speak for somebody else', () => {
  const flow = Flow.during({ others: () => clients.map(({ metadata }) => metadata) });

  for (const headers of foreign) {
    it(`FAPI2-SP-FINAL-5.2.1-1 where the server is, is not for ${Object.keys(headers).join(', ')} to say`, async () => {
      const { client, server } = flow;
      const expected = 'host' in headers ? 421 : 200;
      const discovery = await fetch(`${server.issuer}/.well-known/openid-configuration`, { headers });
      expect(discovery.status).to.equal(expected);
      expect(await discovery.text())
        .not.to.include('attacker')
        .and.not.include('http:');
      const { status, body } = await flow.push(client.params, { headers });
      expect(status).to.equal(expected === 200 ? 201 : expected);
      if (status !== 201) return;
      const response = await fetch(client.authorizationUrl(body.request_uri), { headers });
      expect(response.headers.get('location')).to.match(/^\/interaction\/[\w-]+$/);
    });
  }

  describe('RFC8705-2 a certificate in a header', () => {
    const owner = clients.find(({ client_id }) => client_id === 'tls_client_auth-mtls') as (typeof clients)[0];
    const der = new X509Certificate(`${owner.certificate?.cert}`).raw;
    const pem = encodeURIComponent(`${owner.certificate?.cert}`);
    const forged = { 'client-cert': `:${der.toString('base64')}:`, 'x-ssl-cert': pem, 'x-forwarded-client-cert': pem };

    it('authenticates nobody', async () => {
      const { issuer, mtls } = flow.server;
      const body = new URLSearchParams({
        client_id: owner.client_id,
        response_type: 'code',
        redirect_uri: redirectUri,
      });
      for (const listener of [issuer, mtls]) {
        const response = await fetch(`${listener}/request`, { method: 'POST', body, headers: forged });
        const answer = { status: response.status, headers: response.headers, body: await response.json() };
        expectRefusal(answer as never, 401, /invalid_client/);
      }
    });

    it('is not the one a token is bound to', async () => {
      const { issuer, mtls } = flow.server;
      const rightful = await oauth4webapi(flow.server, owner);
      const { access_token } = await rightful.exchange(await authorized(rightful, { scope: 'profile' }));
      expect((await rightful.resource(access_token, new URL('/resource', mtls))).status).to.equal(200);
      const headers = { ...forged, authorization: `Bearer ${access_token}` };
      for (const listener of [issuer, mtls]) {
        const response = await fetch(`${listener}/resource`, { headers });
        expect(response.status).to.equal(401);
        expect(response.headers.get('www-authenticate')).to.include('invalid_token');
      }
    });
  });
});
