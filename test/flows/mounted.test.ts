import '../support/log_level.ts';

import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';

import { expect } from 'chai';
import express from 'express';
import Koa, { type Middleware } from 'koa';
import mount from 'koa-mount';
import Provider, { type ClientMetadata } from 'oidc-provider';

import { freePort } from '../../lib/demo/free_port.ts';
import {
  attach,
  clientCertificate,
  configure,
  fapi2SecurityProfile,
  interactionPolicy,
  interactions,
  interactionUrl,
  type KnexAdapterFactory,
  knexAdapter,
  listedAccounts,
  loadKeys,
  migrate,
  openDatabase,
  pages,
  protect,
  tokensOf,
  unitOfWork,
} from '../../lib/index.ts';
import { authority, clients, serverCertificate } from './clients.ts';
import { authorized } from './flow_client.ts';
import { oauth4webapi } from './oauth4webapi.ts';
import { openidClient } from './openid_client.ts';
import { person, trustingFetch } from './server.ts';

/** What a team that has a provider already writes around it. */
async function ownProvider(issuer: string, adapter: KnexAdapterFactory): Promise<Provider> {
  const { jwks, cookies } = await loadKeys(adapter.kept);
  const profile = fapi2SecurityProfile({ mtls: { url: new URL(issuer).origin, authorities: [authority.certificate] } });
  const accounts = listedAccounts([{ ...person, claims: { name: 'Demo Person' } }]);
  const { features, renderError } = pages({ name: 'Mounted' });
  const provider = new Provider(
    issuer,
    configure(profile, {
      adapter,
      jwks,
      cookies: { keys: cookies },
      clients: clients.map(({ metadata }) => metadata as ClientMetadata),
      claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
      findAccount: accounts.findAccount,
      interactions: { policy: interactionPolicy(), url: interactionUrl },
      features: { ...features, clientCredentials: { enabled: true } },
      renderError,
    }),
  );
  attach(profile, provider);
  provider.use(unitOfWork());
  provider.use(interactions(provider, { accounts, name: 'Mounted' }));
  return provider;
}

/** A resource of the application itself, beside the provider. */
function ownResource(provider: Provider, adapter: KnexAdapterFactory): Middleware {
  const guard = protect({
    verify: tokensOf(provider),
    unique: (id, expiresAt) => adapter('ReplayDetection').unique(id, expiresAt),
    clientCertificate: clientCertificate(),
    origins: [new URL(provider.issuer).origin],
    scope: 'profile',
  });
  return (ctx, next) =>
    guard(ctx as never, async () => {
      ctx.body = { sub: (ctx.state.token as { sub: string }).sub };
      await next();
    });
}

const path = '/bank/op';
/** RFC 8414 section 3.1 puts this part before the issuer's path, where no provider below the path can see it. */
const wellKnown = '/.well-known/oauth-authorization-server';

const frameworks: Readonly<Record<string, (provider: Provider, resource: Middleware) => RequestListener>> = {
  'in Koa': (provider, resource) =>
    new Koa()
      .use((ctx, next) => {
        if (ctx.path === wellKnown + path) ctx.path = path + wellKnown;
        return next();
      })
      .use(mount(path, provider))
      .use(mount('/api', new Koa().use(resource)))
      .callback(),
  'in Express': (provider, resource) => {
    const app = express();
    app.get(wellKnown + path, (req, _res, next) => {
      req.url = path + wellKnown;
      next();
    });
    app.use(path, provider.callback());
    app.use('/api', new Koa().use(resource).callback());
    return app;
  },
};

for (const [where, mounted] of Object.entries(frameworks)) {
  describe(`a provider of one's own, mounted ${where} under a path`, () => {
    let issuer: string;
    const closers: (() => unknown)[] = [];
    before(async () => {
      const port = await freePort();
      issuer = `https://localhost:${port}${path}`;
      const { knex, close } = await openDatabase({ url: 'pglite:' });
      closers.push(close);
      await migrate(knex);
      const adapter = knexAdapter(knex, { encryption_keys: [Buffer.alloc(32, 7).toString('base64url')] });
      const provider = await ownProvider(issuer, adapter);
      const options = { ...serverCertificate, requestCert: true, rejectUnauthorized: false };
      const server = createServer(options, mounted(provider, ownResource(provider, adapter)));
      server.listen(port, 'localhost');
      await once(server, 'listening');
      closers.unshift(async () => {
        server.close();
        server.closeAllConnections();
        await once(server, 'close');
      });
    });
    after(async () => {
      for (const close of closers) await close();
    });

    for (const [name, library] of Object.entries({ 'openid-client': openidClient, oauth4webapi })) {
      for (const client of clients) {
        it(`answers a whole flow of ${name}: ${client.client_id}`, async () => {
          const server = { issuer, mtls: '', profile: 'fapi2-security-profile', close: async () => {} } as const;
          const flow = await library(server, client);
          const url = await authorized(flow, { scope: 'openid profile' });
          const { access_token, refresh_token, claims } = await flow.exchange(url);
          expect(claims?.iss).to.equal(issuer);
          const sub = `${claims?.sub}`;
          const resource = await flow.resource(access_token, new URL('/api', issuer));
          expect(await resource.json()).to.deep.equal({ sub });
          expect(await flow.userinfo(access_token, sub)).to.deep.equal({ sub, name: 'Demo Person' });
          const refreshed = await flow.refresh(`${refresh_token}`);
          expect(refreshed.access_token).not.to.equal(access_token);
        });
      }
    }

    it('FAPI2-SP-FINAL-5.3.2.1-1 publishes every endpoint under the path, and RFC 8414 metadata beside it', async () => {
      const read = async (url: string) => (await trustingFetch()(url)).json() as Promise<Record<string, unknown>>;
      const metadata = await read(`${issuer}/.well-known/openid-configuration`);
      const urls = Object.entries(metadata).filter(([name]) => /_(endpoint|uri)$/.test(name));
      for (const [name, url] of urls) expect(url, name).to.match(new RegExp(`^${issuer}/`));
      const aliases = Object.values(metadata.mtls_endpoint_aliases as object);
      for (const url of aliases) expect(url).to.match(new RegExp(`^${issuer}/`));
      expect(urls).to.have.length.above(6);
    });
  });
}
