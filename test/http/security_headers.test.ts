import { hash } from 'node:crypto';

import { expect } from 'chai';
import Koa, { type Middleware } from 'koa';

import { noCors } from '../../lib/http/no_cors.ts';
import { oauthError } from '../../lib/http/oauth_error.ts';
import { type SecurityHeaderSettings, securityHeaders } from '../../lib/http/security_headers.ts';
import { type Listener, listen } from '../support/listener.ts';
import { serve } from './provider.ts';

const headers = {
  'strict-transport-security': 'max-age=63072000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
};

describe('FAPI2-SP-FINAL-5.2.3-1, RFC9700-4.16 what a browser is told', () => {
  let listener: Listener;

  before(async () => {
    listener = await serve(() => [securityHeaders(), oauthError()]);
  });

  after(() => listener.close());

  for (const path of [
    '/auth',
    '/auth?client_id=nobody',
    '/.well-known/openid-configuration',
    '/token',
    '/nothing-here',
  ]) {
    it(`stands in the answer of ${path}`, async () => {
      const answer = await listener.ask(path);
      expect(answer.headers).to.include(headers);
      for (const rule of [
        "default-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "style-src 'self'",
        "img-src 'self'",
      ])
        expect(answer.headers['content-security-policy']).to.contain(rule);
      expect(answer.headers['content-security-policy']).to.not.contain('form-action');
      expect(answer.headers['content-security-policy']).to.not.contain('unsafe');
    });
  }

  it('lets the script run that posts a response to the client, and no other', async () => {
    const query = new URLSearchParams({
      client_id: 'web',
      scope: 'openid',
      prompt: 'none',
      response_mode: 'form_post',
      response_type: 'code',
    });
    const { text, headers } = await listener.ask(`/auth?${query}`);
    const [, script = ''] = /<script>([\s\S]*)<\/script>/.exec(text) ?? [];
    expect(script).to.contain('submit()');
    expect(headers['content-security-policy']).to.match(/(^|;) *script-src 'sha256-[^' ]+';/);
    expect(headers['content-security-policy']).to.contain(`'sha256-${hash('sha256', script, 'base64')}'`);
  });
});

describe('Strict-Transport-Security', () => {
  async function told(settings: SecurityHeaderSettings): Promise<string | undefined> {
    const listener = await listen(new Koa().use(securityHeaders(settings)));
    const { headers } = await listener.ask('/');
    await listener.close();
    return headers['strict-transport-security'];
  }

  it('is for hosts below this one when a setting says so, and as long as one says', async () => {
    expect(await told({})).to.equal('max-age=63072000');
    expect(await told({ hsts_include_subdomains: true, hsts_max_age: 300 })).to.equal('max-age=300; includeSubDomains');
  });

  it('is left out where a browser would keep it for the localhost of a developer', async () => {
    expect(await told({ hsts: false })).to.equal(undefined);
  });
});

describe('FAPI2-SP-FINAL-5.2.3-3 no CORS at the authorization endpoint', () => {
  it('even with a CORS middleware around the provider', async () => {
    const listener = await serve(
      (provider) => [
        async (ctx, next) => {
          ctx.set({ 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true' });
          await next();
        },
        noCors(provider),
      ],
      { inside: false },
    );
    const names = async (path: string) =>
      Object.keys((await listener.ask(path, { headers: { origin: 'https://other.example' } })).headers);
    for (const path of ['/auth?client_id=nobody', '/AUTH/', '/auth/uid', '/interaction/uid']) {
      expect(
        (await names(path)).filter((name) => name.startsWith('access-control-')),
        path,
      ).to.deep.equal([]);
    }
    expect(await names('/jwks')).to.include('access-control-allow-origin');
    await listener.close();
  });
});

describe('A page', () => {
  it('may set a policy of its own', async () => {
    const own: Middleware = (ctx, next) => {
      ctx.set('content-security-policy', "default-src 'self'");
      return next();
    };
    for (const order of [
      [securityHeaders(), own],
      [own, securityHeaders()],
    ]) {
      const app = new Koa();
      for (const middleware of order) app.use(middleware);
      const listener = await listen(app);
      expect((await listener.ask('/')).headers['content-security-policy']).to.equal("default-src 'self'");
      await listener.close();
    }
  });
});
