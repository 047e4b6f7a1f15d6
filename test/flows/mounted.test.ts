import '../support/mocha.ts';
import 'reflect-metadata';

import type { RequestListener } from 'node:http';

import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect } from 'chai';
import express from 'express';
import Koa, { type Middleware } from 'koa';
import mount from 'koa-mount';
import type Provider from 'oidc-provider';

import { freePort } from '../../lib/demo/free_port.ts';
import { clientCertificate, type KnexAdapterFactory, protect, tokensOf } from '../../lib/index.ts';
import { clients } from './clients.ts';
import { authorized } from './flow_client.ts';
import { oauth4webapi } from './oauth4webapi.ts';
import { openidClient } from './openid_client.ts';
import { ownProvider } from './own_provider.ts';
import { type FlowServer, trustingFetch } from './server.ts';

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

const frameworks: Readonly<
  Record<string, (provider: Provider, resource: Middleware) => RequestListener | Promise<RequestListener>>
> = {
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
  'in NestJS': async (provider, resource) => {
    class Application {}
    Module({})(Application);
    const app = await NestFactory.create(Application, { logger: false, bodyParser: false });
    app.use((req: { url: string }, _res: unknown, next: () => void) => {
      if (req.url === wellKnown + path) req.url = path + wellKnown;
      next();
    });
    app.use(path, provider.callback());
    app.use('/api', new Koa().use(resource).callback());
    await app.init();
    return app.getHttpAdapter().getInstance() as RequestListener;
  },
};

for (const [where, mounted] of Object.entries(frameworks)) {
  describe(`a provider of one's own, mounted ${where} under a path`, () => {
    let server: FlowServer;
    let issuer: string;
    before(async () => {
      issuer = `https://localhost:${await freePort()}${path}`;
      const { provider, adapter, serve } = await ownProvider(issuer, clients);
      server = await serve(await mounted(provider, ownResource(provider, adapter)));
    });
    after(() => server?.close());

    for (const [name, library] of Object.entries({ 'openid-client': openidClient, oauth4webapi })) {
      for (const client of clients) {
        it(`answers a whole flow of ${name}: ${client.client_id}`, async () => {
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
