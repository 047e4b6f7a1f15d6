import { X509Certificate } from 'node:crypto';

import { expect } from 'chai';

import { loadConfig } from '../../lib/config/load.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import { httpsFetch } from '../../lib/http/https_fetch.ts';
import { startServer } from '../../lib/server/server.ts';
import { clients } from '../flows/clients.ts';
import { authorized } from '../flows/flow_client.ts';
import { oauth4webapi } from '../flows/oauth4webapi.ts';
import { openidClient } from '../flows/openid_client.ts';
import { type FlowServer, flowServer, trustingFetch } from '../flows/server.ts';

const read = async (url: string) => {
  const response = await trustingFetch()(url);
  return { status: response.status, body: response.status === 200 ? await response.json() : undefined } as {
    status: number;
    body: Record<string, unknown>;
  };
};

// The path of a route in the issuer's must not be mistaken for the route.
for (const path of ['/bank/op', '/auth/request']) {
  describe(`serve, with an issuer under ${path}`, () => {
    let server: FlowServer;
    before(async () => {
      const port = await freePort();
      server = await flowServer({ port, set: [`issuer=https://localhost:${port}${path}`] });
    });
    after(() => server?.close());

    it('RFC8414-3.1 publishes the metadata under the path, and the OAuth document before it', async () => {
      const { origin } = new URL(server.issuer);
      const { body } = await read(`${server.issuer}/.well-known/openid-configuration`);
      expect(body.issuer).to.equal(server.issuer);
      const addresses = { ...body, ...(body.mtls_endpoint_aliases as object) };
      for (const [name, url] of Object.entries(addresses)) {
        if (/_(endpoint|uri)$/.test(name)) expect(new URL(`${url}`).pathname, name).to.match(new RegExp(`^${path}/`));
      }
      expect((await read(`${origin}/.well-known/oauth-authorization-server${path}`)).body).to.deep.equal(body);
      for (const beside of ['/jwks', '/.well-known/openid-configuration', `${path}x/jwks`]) {
        expect((await read(origin + beside)).status, beside).to.equal(404);
      }
    });

    for (const client of clients.slice(0, 4)) {
      for (const library of [oauth4webapi, openidClient]) {
        it(`answers a whole flow of ${library.name}: ${client.client_id}`, async () => {
          const flow = await library(server, client);
          const url = await authorized(flow, { scope: 'openid profile' });
          const { access_token, refresh_token, claims } = await flow.exchange(url);
          expect(claims?.iss).to.equal(server.issuer);
          const base = client.certificate ? new URL(path, server.mtls).href : server.issuer;
          expect((await flow.resource(access_token, new URL(`${base}/resource`))).status).to.equal(200);
          await flow.userinfo(access_token, `${claims?.sub}`);
          await flow.refresh(`${refresh_token}`);
        });
      }
    }
  });
}

describe('IPv6', () => {
  for (const [host, more] of [
    ['::1', []],
    ['[::1]', []],
    ['::', ['dangerously_expose_development=true']],
  ] as const) {
    it(`listen.host ${host}: serves https://[::1], by a certificate for the address, and mutual TLS beside it`, async () => {
      const [port, mtlsPort] = [await freePort(), await freePort()];
      const config = await loadConfig('config/development.yaml', {
        set: [
          `issuer=https://[::1]:${port}`,
          `listen.host="${host}"`,
          `listen.port=${port}`,
          `mtls.port=${mtlsPort}`,
          'database.url="pglite:"',
          ...more,
        ],
      });
      expect(config.mtls?.url).to.equal(`https://[::1]:${mtlsPort}`);
      const server = await startServer(config);
      try {
        const cert = server.certificate?.cert ?? '';
        expect(new X509Certificate(cert).checkIP('::1')).to.equal('::1');
        const response = await httpsFetch({ ca: cert })(`${config.issuer}/.well-known/openid-configuration`);
        const metadata = (await response.json()) as { issuer: string; mtls_endpoint_aliases: object };
        expect(metadata.issuer).to.equal(config.issuer);
        for (const url of Object.values(metadata.mtls_endpoint_aliases)) {
          expect(url).to.match(new RegExp(`^https://\\[::1\\]:${mtlsPort}/`));
          expect((await httpsFetch({ ca: cert })(url)).status).to.be.below(500);
        }
        expect(server.url).to.equal(`https://[${host === '::' ? '::' : '::1'}]:${port}`);
      } finally {
        await server.close();
      }
    });
  }

  it('a mutual TLS host may be an address, with or without brackets', async () => {
    for (const host of ['2001:db8::1', '[2001:db8::1]']) {
      const set = [`mtls.host="${host}"`, 'mtls.port=8443'];
      const { mtls } = await loadConfig('config/development.yaml', { set });
      expect(mtls?.url).to.equal('https://[2001:db8::1]:8443');
    }
  });
});
