import { expect } from 'chai';

import { jsonErrors } from '../../lib/http/json_errors.ts';
import type { Listener } from '../support/listener.ts';
import { form, serve } from './provider.ts';

// What java.net.HttpURLConnection sends, and what browsers do.
const java = 'text/html, image/gif, image/jpeg, */*; q=0.2';
const basic = `Basic ${Buffer.from('rs:secret').toString('base64')}`;

for (const options of [{}, { path: '/op' }, { inside: false }, { path: '/op', inside: false }]) {
  const { path = '', inside = true } = options as { path?: string; inside?: boolean };
  describe(`RFC6749-5.2 errors are JSON, ${inside ? 'inside' : 'around'} a provider at ${path || '/'}`, () => {
    let listener: Listener;

    before(async () => {
      listener = await serve((provider) => [jsonErrors(provider)], options);
    });

    after(() => listener.close());

    for (const endpoint of ['/request', '/token', '/token/introspection', '/token/revocation', '/TOKEN', '/token/']) {
      it(`at ${endpoint}, whatever Accept says`, async () => {
        const { headers, body } = await listener.ask(path + endpoint, {
          method: 'POST',
          headers: { ...form, accept: java },
          body: 'client_id=nobody',
        });
        expect(headers['content-type']).to.match(/^application\/json/);
        expect(body.error).to.be.a('string');
      });
    }

    it('at /me', async () => {
      const { status, body } = await listener.ask(`${path}/me`, { headers: { accept: 'text/html' } });
      expect(status).to.equal(401);
      expect(body.error).to.equal('invalid_token');
    });

    it('but not where people look', async () => {
      for (const page of ['/auth?client_id=nobody', '/session/end?id_token_hint=none']) {
        const { headers } = await listener.ask(path + page, { headers: { accept: java } });
        expect(headers['content-type'], page).to.match(/^text\/html/);
      }
    });
  });
}

describe('RFC9701-4 signed introspection', () => {
  let listener: Listener;

  before(async () => {
    listener = await serve((provider) => [jsonErrors(provider)]);
  });

  after(() => listener.close());

  const introspect = (accept: string, body = 'token=nothing') =>
    listener.ask('/token/introspection', { method: 'POST', headers: { ...form, accept, authorization: basic }, body });

  it('is still there for who asks for it', async () => {
    const { status, headers } = await introspect('application/token-introspection+jwt');
    expect(status).to.equal(200);
    expect(headers['content-type']).to.match(/^application\/token-introspection\+jwt/);
  });

  it('is there for who asks for it among others', async () => {
    const { headers } = await introspect('application/token-introspection+jwt, text/html;q=0.5');
    expect(headers['content-type']).to.match(/^application\/token-introspection\+jwt/);
  });

  it('fails in JSON', async () => {
    const { status, body } = await introspect('application/token-introspection+jwt', '');
    expect(status).to.equal(400);
    expect(body.error).to.equal('invalid_request');
  });

  it('is not at other endpoints', async () => {
    const headers = { ...form, accept: 'text/html, application/token-introspection+jwt' };
    const { body } = await listener.ask('/token', { method: 'POST', headers, body: 'client_id=nobody' });
    expect(body.error).to.equal('invalid_client');
  });

  it('is not for who does not ask', async () =>
    expect((await introspect('*/*')).body).to.deep.equal({ active: false }));
});
