import { expect } from 'chai';

import { jsonErrors } from '../../lib/http/json_errors.ts';
import { limits } from '../../lib/http/limits.ts';
import { oauthError } from '../../lib/http/oauth_error.ts';
import type { Listener } from '../support/listener.ts';
import { form, serve } from './provider.ts';

const formEndpoints = ['/request', '/token', '/token/introspection', '/token/revocation'];
const large = `client_id=nobody&state=${'x'.repeat(1024 * 1024)}`;

for (const path of ['', '/op']) {
  describe(`PAR-2.3 the HTTP of a provider at ${path || '/'}`, () => {
    let listener: Listener;

    before(async () => {
      listener = await serve((provider) => [oauthError(), jsonErrors(provider), limits(provider)], { path });
    });

    after(() => listener.close());

    for (const endpoint of [...formEndpoints, '/REQUEST', '/request/']) {
      for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
        it(`${method} ${endpoint} is 405 with Allow`, async () => {
          const { status, headers, body } = await listener.ask(path + endpoint, {
            method,
            headers: { accept: 'text/html' },
          });
          expect(status).to.equal(405);
          expect(headers.allow).to.equal('POST');
          expect(headers).to.not.have.property('access-control-allow-origin');
          expect(body).to.deep.equal({ error: 'invalid_request', error_description: 'only POST is allowed' });
        });
      }

      it(`a body of 1 MB at ${endpoint} is 413`, async () => {
        const { status, headers, body } = await listener.ask(path + endpoint, {
          method: 'POST',
          headers: form,
          body: large,
        });
        expect(status).to.equal(413);
        expect(headers['cache-control']).to.equal('no-store');
        expect(body).to.deep.equal({
          error: 'invalid_request',
          error_description: 'the request body must not be larger than 57344 bytes',
        });
      });

      it(`a chunked body of 1 MB at ${endpoint} is 413`, async () => {
        const chunks = Array.from({ length: 64 }, () => 'x'.repeat(16 * 1024));
        const { status, body } = await listener.ask(path + endpoint, { method: 'POST', headers: form, body: chunks });
        expect(status).to.equal(413);
        expect(body.error).to.equal('invalid_request');
      });

      for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x', 'nonsense']) {
        it(`${type} at ${endpoint} is 400`, async () => {
          const headers = { 'content-type': type, accept: 'text/html' };
          const { status, body } = await listener.ask(path + endpoint, { method: 'POST', headers, body: '{}' });
          expect(status).to.equal(400);
          expect(body.error).to.equal('invalid_request');
          expect(body.error_description).to.equal(`the content-type has to be ${form['content-type']}`);
        });
      }
    }

    for (const chunked of [false, true]) {
      it(`a body of 56 kB is read, ${chunked ? 'chunked' : 'whole'}`, async () => {
        const text = `client_id=nobody&state=${'x'.repeat(56 * 1024 - 23)}`;
        const body = chunked ? (text.match(/.{1,4096}/g) ?? []) : text;
        const answer = await listener.ask(`${path}/request`, { method: 'POST', headers: form, body });
        expect(answer.body.error).to.equal('invalid_client');
      });
    }

    it('a connection is good for another request after one that was too large', async () => {
      const { Agent } = await import('node:https');
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const post = (body: string) => listener.ask(`${path}/request`, { method: 'POST', headers: form, body, agent });
      expect((await post(large)).status).to.equal(413);
      expect((await post('client_id=nobody')).body.error).to.equal('invalid_client');
      agent.destroy();
    });

    const wrong: readonly (readonly [string, string, string])[] = [
      ['PUT', '/auth', 'GET, POST'],
      ['POST', '/auth/some-uid', 'GET'],
      ['DELETE', '/me', 'GET, POST, HEAD, OPTIONS'],
      ['POST', '/jwks', 'GET, HEAD, OPTIONS'],
      ['PUT', '/reg/web', 'GET, HEAD'],
      ['DELETE', '/reg/web', 'GET, HEAD'],
      ['POST', '/.well-known/openid-configuration', 'GET, HEAD, OPTIONS'],
      ['PUT', '/.well-known/oauth-authorization-server', 'GET, HEAD, OPTIONS'],
      ['PUT', '/session/end', 'GET, POST, HEAD'],
      ['POST', '/session/end/success', 'GET, HEAD'],
      ['GET', '/session/end/confirm', 'POST'],
    ];
    for (const [method, endpoint, allow] of wrong) {
      it(`${method} ${endpoint} is 405 with Allow: ${allow}`, async () => {
        const { status, headers, body } = await listener.ask(path + endpoint, { method });
        expect(status).to.equal(405);
        expect(headers.allow).to.equal(allow);
        expect(body).to.deep.equal({ error: 'invalid_request', error_description: `only ${allow} is allowed` });
      });
    }

    for (const endpoint of ['/me', '/jwks', '/.well-known/openid-configuration']) {
      it(`OPTIONS ${endpoint} says which methods there are`, async () => {
        const { status, headers } = await listener.ask(path + endpoint, { method: 'OPTIONS' });
        expect({ status, allow: headers.allow?.includes('GET') }).to.deep.equal({ status: 204, allow: true });
      });
    }

    for (const endpoint of formEndpoints) {
      it(`a body by another transfer coding at ${endpoint} is 415`, async () => {
        const headers = { ...form, 'transfer-encoding': 'gzip, chunked' };
        const { status, body } = await listener.ask(path + endpoint, { method: 'POST', headers, body: ['x'] });
        expect(status).to.equal(415);
        expect(body.error_description).to.match(/compressed/);
      });

      it(`a compressed body at ${endpoint} is 415`, async () => {
        const sent = { ...form, 'content-encoding': 'gzip' };
        const { status, headers, body } = await listener.ask(path + endpoint, {
          method: 'POST',
          headers: sent,
          body: 'x',
        });
        expect([status, headers['accept-encoding']]).to.deep.equal([415, 'identity']);
        expect(body.error_description).to.match(/compressed/);
      });

      it(`a form in another charset at ${endpoint} is 415`, async () => {
        const headers = { 'content-type': `${form['content-type']}; charset=utf-16le` };
        const { status, body } = await listener.ask(path + endpoint, { method: 'POST', headers, body: 'x=y' });
        expect(status).to.equal(415);
        expect(body.error_description).to.match(/UTF-8/);
      });
    }

    it('a form is read however its charset, its coding and its type are written', async () => {
      const type = form['content-type'];
      for (const headers of [
        ...['', '; charset=utf-8', '; charset=UTF8'].map((charset) => ({ 'content-type': type + charset })),
        ...['identity', 'IDENTITY'].map((coding) => ({ ...form, 'content-encoding': coding })),
      ]) {
        const options = { method: 'POST', headers, body: 'client_id=nobody' };
        expect((await listener.ask(`${path}/request`, options)).body.error).to.equal('invalid_client');
      }
      const { body } = await listener.ask(`${path}/request`, { method: 'POST', body: 'client_id=nobody' });
      expect(body.error_description).to.not.match(/content-type has to be/);
    });

    it('nothing is asked of what is no form, has no body, or is at no endpoint', async () => {
      const json = { 'content-type': 'application/json' };
      const metadata = JSON.stringify({ redirect_uris: ['https://rp.example.com/cb'] });
      expect((await listener.ask(`${path}/reg`, { method: 'POST', headers: json, body: metadata })).status).to.equal(
        201,
      );
      expect((await listener.ask(`${path}/jwks`, { headers: { 'content-encoding': 'gzip' } })).status).to.equal(200);
      expect((await listener.ask(`${path}/x`, { method: 'POST', headers: form, body: large })).status).to.equal(404);
    });

    it('a browser’s question for CORS is answered as such', async () => {
      const headers = { origin: 'https://app.example', 'access-control-request-method': 'GET' };
      const answer = await listener.ask(`${path}/jwks`, { method: 'OPTIONS', headers });
      expect(answer.headers['access-control-allow-origin']).to.equal('https://app.example');
    });

    for (const endpoint of ['/auth', '/auth/some-uid', '/AUTH', '/auth/']) {
      it(`HEAD ${endpoint} is 405 and spends nothing`, async () => {
        const { status, headers } = await listener.ask(`${path}${endpoint}?client_id=nobody`, { method: 'HEAD' });
        expect(status).to.equal(405);
        expect(headers.allow).to.match(/^GET/);
      });
    }
  });
}

describe('PAR-2.3 too many requests', () => {
  it('are 429 with Retry-After', async () => {
    const listener = await serve((provider) => [
      oauthError(),
      limits(provider, { tooMany: (ctx) => (ctx.get('x-test') ? 12.5 : undefined) }),
    ]);
    const post = (headers: Record<string, string>) =>
      listener.ask('/request', { method: 'POST', headers: { ...form, ...headers }, body: 'client_id=nobody' });
    const { status, headers, body } = await post({ 'x-test': '1' });
    expect(status).to.equal(429);
    expect(headers['retry-after']).to.equal('13');
    expect(body).to.deep.equal({ error: 'invalid_request', error_description: 'too many requests' });
    expect((await listener.ask('/jwks', { headers: { 'x-test': '1' } })).status).to.equal(429);
    expect((await post({})).status).to.equal(401);
    await listener.close();
  });
});

describe('PAR-2.3 a larger push', () => {
  const pushed = 200 * 1024;
  let listener: Listener;
  before(async () => {
    listener = await serve((provider) => [oauthError(), jsonErrors(provider), limits(provider, { pushed })]);
  });
  after(() => listener.close());
  const text = (bytes: number) => `client_id=nobody&state=${'x'.repeat(bytes - 23)}`;

  for (const chunked of [false, true]) {
    const post = (path: string, bytes: number) => {
      const body = chunked ? (text(bytes).match(/.{1,4096}/g) ?? []) : text(bytes);
      return listener.ask(path, { method: 'POST', headers: form, body });
    };
    it(`is read up to its limit, ${chunked ? 'chunked' : 'whole'}`, async () => {
      for (const bytes of [100, 60_000, pushed]) {
        expect((await post('/request', bytes)).body.error).to.equal('invalid_client');
      }
      const { status, body } = await post('/request', pushed + 1);
      expect(status).to.equal(413);
      expect(body.error_description).to.equal('the request body must not be larger than 204800 bytes');
      expect((await post('/token', 60_000)).status).to.equal(413);
    });
  }
});
