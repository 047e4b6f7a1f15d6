import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';

import { expect } from 'chai';
import { createRemoteJWKSet, customFetch, decodeJwt, jwtVerify } from 'jose';

import { authorize, Browser } from '../../lib/demo/browser.ts';
import { serverCertificate, testClient } from '../flows/clients.ts';
import { authorized, type FlowClient } from '../flows/flow_client.ts';
import { oauth4webapi } from '../flows/oauth4webapi.ts';
import { flowServer, type OwnServer, trustingFetch } from '../flows/server.ts';
import { person } from '../support/wire_client.ts';

/** A client's own server that takes logout tokens. */
class LogoutReceiver {
  readonly tokens: string[] = [];
  readonly #server: Server = createServer(serverCertificate, async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    this.tokens.push(new URLSearchParams(body).get('logout_token') ?? '');
    res.writeHead(204).end();
  });

  async listen(): Promise<string> {
    this.#server.listen(0, 'localhost');
    await once(this.#server, 'listening');
    return `https://localhost:${(this.#server.address() as AddressInfo).port}/logout`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

describe('Keys of the file', () => {
  const receiver = new LogoutReceiver();
  let server: OwnServer;
  let flow: FlowClient;

  before(async () => {
    const backchannel_logout_uri = await receiver.listen();
    const client = await testClient('private_key_jwt', 'dpop', { backchannel_logout_uri });
    server = await flowServer({
      clients: [client],
      set: [
        'subject=pairwise',
        'acr={"urn:example:bronze": [pwd]}',
        'extra_parameters={"purpose": {"required": true, "max_length": 9}}',
      ],
      // Core's own would not trust this run's authority.
      given: { configuration: { fetch: ((url: URL, options: object) => trustingFetch()(url, options)) as never } },
    });
    flow = await oauth4webapi(server, client);
  });
  after(async () => {
    await server.close();
    receiver.close();
  });

  const asked = {
    purpose: 'to pay',
    scope: 'openid',
    claims: JSON.stringify({ id_token: { acr: { essential: true, value: 'urn:example:bronze' } } }),
  };

  it('acr, subject and extra_parameters are what a flow keeps to', async () => {
    const { claims = {}, access_token } = await flow.exchange(await authorized(flow, asked));
    expect(claims.acr).to.equal('urn:example:bronze');
    expect(claims.sub).to.match(/^[\w-]{43}$/);
    const resource = await flow.resource(access_token, new URL(`${server.issuer}/resource`));
    expect(((await resource.json()) as { sub: string }).sub).to.equal(claims.sub);
    const refusal = await flow.push({ ...asked, purpose: 'of all kinds' }).catch((error) => error);
    expect(refusal.error).to.equal('invalid_request');
  });

  it('OIDCBCL-2.5 backchannel_logout_uri is told when the person signs out, by the subject the client knows', async () => {
    const browser = new Browser(trustingFetch());
    const place = await authorize(browser, await flow.push(asked), person);
    const { claims = {} } = await flow.exchange(place.url);
    const page = await browser.open(new URL(`${server.issuer}/session/end`));
    await browser.submit({ ...page, url: new URL(`${page.url}/confirm`) }, { logout: 'yes' });
    const [token = ''] = receiver.tokens;
    const keys = createRemoteJWKSet(new URL(`${server.issuer}/jwks`), { [customFetch]: trustingFetch() as never });
    const { payload } = await jwtVerify(token, keys, { issuer: server.issuer, typ: 'logout+jwt' });
    expect(payload.sub).to.equal(claims.sub);
    expect(payload.events).to.have.property('http://schemas.openid.net/event/backchannel-logout');
    expect(decodeJwt(token).aud).to.equal('private_key_jwt-dpop');
  });
});
