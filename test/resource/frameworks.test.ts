import 'reflect-metadata';

import { hash, randomUUID, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

import { getRequestListener, type HttpBindings } from '@hono/node-server';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  HttpException,
  Module,
  Req,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect } from 'chai';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { calculateJwkThumbprint, createLocalJWKSet, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import Koa from 'koa';

import type { Protection } from '../../lib/resource/authorize.ts';
import { protect as protectExpress } from '../../lib/resource/express.ts';
import { clientCertificate, dpopNonces, guard, jwtAccessTokens, VerificationFailed } from '../../lib/resource/index.ts';
import { protect as protectKoa } from '../../lib/resource/koa.ts';
import { selfSigned } from '../../lib/server/development_certificate.ts';
import { mutualTlsOptions } from '../../lib/server/tls.ts';
import { type Issued, selfSignedClient } from '../support/certificates.ts';
import type { Answer } from '../support/listener.ts';

type Rules = Protection<IncomingMessage>;
type Key = Awaited<ReturnType<typeof generateKeyPair>>;

const issuer = 'https://as.example.com';
const audience = 'https://rs.example.com';
const path = '/v1/accounts';
const now = () => Math.floor(Date.now() / 1000);

/** The same resource in each framework, below a path, behind the same rules. */
const frameworks: Readonly<Record<string, (rules: Rules) => Promise<RequestListener>>> = {
  async express(rules) {
    const below = express.Router().get('/accounts', protectExpress(rules) as express.RequestHandler, (_req, res) => {
      res.json(res.locals.token);
    });
    return express().use('/v1', below) as RequestListener;
  },
  async fastify(rules) {
    const judge = guard(rules);
    const app = fastify();
    app.addHook('onRequest', async (request, reply) => {
      const verdict = await judge(request.raw);
      reply.headers(verdict.headers);
      if (!verdict.token) return reply.code(verdict.status).send(verdict.body);
      return Object.assign(request, { token: verdict.token }) && undefined;
    });
    app.get(path, async (request) => (request as { token?: unknown }).token);
    await app.ready();
    return (req, res) => app.routing(req, res);
  },
  async 'hono, by the request of node'(rules) {
    const judge = guard(rules);
    const app = new Hono<{ Bindings: HttpBindings }>().get(path, async (c) => {
      const verdict = await judge(c.env.incoming as IncomingMessage);
      return verdict.token ? c.json(verdict.token, 200, verdict.headers) : new Response(verdict.body, verdict);
    });
    return getRequestListener((request, env) => app.fetch(request, env));
  },
  async 'hono, by the request of the Web'({ clientCertificate: certificate, ...rules }) {
    const app = new Hono<{ Bindings: HttpBindings }>().get(path, async (c) => {
      const ofConnection = () => certificate?.(c.env.incoming as IncomingMessage);
      const verdict = await guard<Request>({ ...rules, clientCertificate: ofConnection })(c.req.raw);
      return verdict.token ? c.json(verdict.token, 200, verdict.headers) : new Response(verdict.body, verdict);
    });
    return getRequestListener((request, env) => app.fetch(request, env));
  },
  async nest(rules) {
    const judge = guard(rules);
    class Guard implements CanActivate {
      async canActivate(context: ExecutionContext) {
        const [request, response] = context.getArgs<[express.Request, express.Response]>();
        const verdict = await judge(request);
        response.set(verdict.headers);
        if (!verdict.token) throw new HttpException(JSON.parse(verdict.body ?? 'null'), verdict.status);
        return Object.assign(request, { token: verdict.token }) !== undefined;
      }
    }
    class Accounts {
      read(request: { token?: unknown }) {
        return request.token;
      }
    }
    class Application {}
    // Decorators are functions; the syntax would have to be compiled.
    Req()(Accounts.prototype, 'read', 0);
    Get('accounts')(Accounts.prototype, 'read', Object.getOwnPropertyDescriptor(Accounts.prototype, 'read') as never);
    UseGuards(Guard)(Accounts);
    Controller('v1')(Accounts);
    Module({ controllers: [Accounts] })(Application);
    const app = await NestFactory.create(Application, { logger: false });
    await app.init();
    return app.getHttpAdapter().getInstance() as RequestListener;
  },
  async koa(rules) {
    const app = new Koa().use(protectKoa(rules) as Koa.Middleware).use((ctx) => {
      ctx.body = ctx.state.token;
    });
    app.silent = true;
    return app.callback();
  },
};

for (const [name, make] of Object.entries(frameworks)) {
  describe(`A protected resource in ${name}`, () => {
    let server: https.Server;
    let as: Key;
    let client: { keys: Key; jwk: JWK; jkt: string };
    let own: Issued;
    const nonces = dpopNonces(Buffer.alloc(32, 9));
    const seen = new Set<string>();
    let isAway = false;

    before(async () => {
      as = await generateKeyPair('PS256', { extractable: true });
      const keys = await generateKeyPair('ES256', { extractable: true });
      const jwk = await exportJWK(keys.publicKey);
      client = { keys, jwk, jkt: await calculateJwkThumbprint(jwk) };
      own = await selfSignedClient();
      const jwks = createLocalJWKSet({ keys: [{ ...(await exportJWK(as.publicKey)), alg: 'PS256' }] });
      const verify = jwtAccessTokens({ issuer, audience, jwks });
      const listener = await make({
        verify: async (token) => {
          if (isAway) throw new VerificationFailed('away');
          return verify(token);
        },
        unique: async (id) => !seen.has(id) && !!seen.add(id),
        clientCertificate: clientCertificate({ proxy: { trusted: ['127.0.0.2'], client_certificate: 'rfc9440' } }),
        nonce: { nonces, required: true },
        origins: [audience],
        scope: 'accounts',
        audience,
      });
      server = https.createServer(mutualTlsOptions(await selfSigned(['localhost'])), listener);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    });

    after(() => server.close());

    const token = (claims: object = {}, header: object = {}, key = as.privateKey) =>
      new SignJWT({
        ...{
          iss: issuer,
          aud: audience,
          sub: 'alice',
          client_id: 'client',
          scope: 'openid accounts',
          jti: randomUUID(),
        },
        ...{ iat: now(), exp: now() + 60, cnf: { jkt: client.jkt } },
        ...claims,
      })
        .setProtectedHeader({ alg: 'PS256', typ: 'at+jwt', ...header })
        .sign(key);

    const proof = (access: string, claims: object = {}) =>
      new SignJWT({
        ...{ jti: randomUUID(), htm: 'GET', htu: `${audience}${path}`, iat: now(), nonce: nonces.current() },
        ...{ ath: hash('sha256', access, 'base64url'), ...claims },
      })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: client.jwk })
        .sign(client.keys.privateKey);

    async function ask(
      headers: Record<string, string>,
      more: https.RequestOptions = {},
    ): Promise<Pick<Answer, 'status' | 'headers' | 'body'>> {
      const { port } = server.address() as AddressInfo;
      const all = { host: '127.0.0.1', port, path, agent: false, rejectUnauthorized: false, headers, ...more };
      const request = https.request(all).end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      const text = (await response.setEncoding('utf8').toArray()).join('');
      return { status: response.statusCode ?? 0, headers: response.headers, body: text ? JSON.parse(text) : undefined };
    }

    const asked = async (access: string, claims: object = {}, more: https.RequestOptions = {}) =>
      ask({ authorization: `DPoP ${access}`, dpop: await proof(access, claims) }, more);

    it('RFC9068-4 takes a token of the issuer with a proof of its key, below a path, in another spelling of it', async () => {
      const { status, body, headers } = await asked(await token());
      expect(status).to.equal(200);
      expect(body).to.include({ sub: 'alice', client_id: 'client' });
      expect(headers['x-fapi-interaction-id']).to.match(/^[0-9a-f-]{36}$/);
      expect((await asked(await token(), { htu: `${audience}/v1/%61ccounts?x=y` })).status).to.equal(200);
      expect((await asked(await token(), {}, { path: `${path}?page=2` })).status).to.equal(200);
    });

    it('refuses what is no token for it, as OAuth says', async () => {
      const stranger = await generateKeyPair('PS256');
      const junk = 'eyJhbGciOiJQUzI1NiJ9.e30.eA';
      const rows: [string, string][] = [
        ['of another issuer', await token({ iss: 'https://other.example.com' })],
        ['for another audience', await token({ aud: 'https://other.example.com' })],
        ['without an audience', await token({ aud: undefined })],
        ['expired', await token({ exp: now() - 5 })],
        ['of another kind', await token({}, { typ: 'JWT' })],
        ['signed by a stranger', await token({}, {}, stranger.privateKey)],
        ['bound to nobody', await token({ cnf: undefined })],
        ['of a client that is none', await token({ client_id: 1 })],
        ['junk', junk],
        ['opaque', 'x'.repeat(43)],
      ];
      for (const [what, access] of rows) {
        const { status, body, headers } = await asked(access);
        expect(status, what).to.equal(401);
        expect(body.error, what).to.equal('invalid_token');
        expect(headers['www-authenticate'], what).to.match(/^DPoP error="invalid_token"/);
        expect(headers['cache-control'], what).to.equal('no-store');
      }
      expect((await ask({})).headers['www-authenticate']).to.match(/^DPoP algs="[^"]+", Bearer$/);
      const narrow = await asked(await token({ scope: 'openid' }));
      expect([narrow.status, narrow.body.error]).to.deep.equal([403, 'insufficient_scope']);
      const inQuery = await asked(await token(), {}, { path: `${path}?access_token=x` });
      expect([inQuery.status, inQuery.body.error]).to.deep.equal([400, 'invalid_request']);
    });

    it('RFC9449-9 asks for its nonce, and takes a proof once', async () => {
      const access = await token();
      const refused = await asked(access, { nonce: undefined });
      expect([refused.status, refused.body.error]).to.deep.equal([401, 'use_dpop_nonce']);
      const nonce = refused.headers['dpop-nonce'];
      const dpop = await proof(access, { nonce });
      const headers = { authorization: `DPoP ${access}`, dpop };
      expect((await ask(headers)).status).to.equal(200);
      expect((await ask(headers)).body.error).to.equal('invalid_dpop_proof');
      expect((await asked(access, { htu: `${audience}/v1/other` })).body.error).to.equal('invalid_dpop_proof');
    });

    it('RFC8705-3 takes a token of a certificate from the connection, or from a trusted proxy', async () => {
      const { raw } = new X509Certificate(own.certificate);
      const access = await token({ cnf: { 'x5t#S256': hash('sha256', raw, 'base64url') } });
      const authorization = `Bearer ${access}`;
      const header = { 'client-cert': `:${raw.toString('base64')}:` };
      expect((await ask({ authorization }, { cert: own.cert, key: own.key })).status).to.equal(200);
      expect((await ask({ authorization, ...header }, { localAddress: '127.0.0.2' })).status).to.equal(200);
      expect((await ask({ authorization })).status).to.equal(401);
      expect((await ask({ authorization, ...header })).status).to.equal(401);
      const other = await selfSignedClient();
      expect((await ask({ authorization, ...header }, { cert: other.cert, key: other.key })).status).to.equal(401);
    });

    // In Koa such an error is thrown, for whatever answers errors there.
    (name === 'koa' ? () => undefined : it)('answers 503 while nobody can tell', async () => {
      isAway = true;
      const { status, headers, body } = await asked(await token());
      isAway = false;
      expect([status, body.error, headers['retry-after']]).to.deep.equal([503, 'temporarily_unavailable', '1']);
    });
  });
}
