import { once } from 'node:events';
import { connect } from 'node:tls';

import { expect } from 'chai';
import type { Provider } from 'oidc-provider';

import { forwarded, trustedProxies } from '../../lib/http/forwarded.ts';
import { host } from '../../lib/http/host.ts';
import { oauthError } from '../../lib/http/oauth_error.ts';
import type { Listener } from '../support/listener.ts';
import { serve } from './provider.ts';

const discovery = '/.well-known/openid-configuration';
const aliases = ['https://mtls.as.example.com:8443'];

describe('FAPI2-SP-FINAL-5.3.2.1-1 endpoint URLs come from the issuer, not from the request', () => {
  let listener: Listener;
  let behindProxy: Listener;

  const middlewares = (ranges: string[]) => (provider: Provider) => {
    provider.proxy = true;
    return [oauthError(), forwarded(trustedProxies(ranges)), host({ issuer: provider.issuer, aliases })];
  };

  before(async () => {
    listener = await serve(middlewares([]));
    behindProxy = await serve(middlewares(['127.0.0.1']));
  });

  after(() => Promise.all([listener.close(), behindProxy.close()]));

  for (const name of ['as.example.com', 'as.example.com:443', 'AS.example.COM', 'evil@as.example.com']) {
    it(`answers under ${name}`, async () => {
      const { status, body } = await listener.ask(discovery, { headers: { host: name } });
      expect(status).to.equal(200);
      expect(body.token_endpoint).to.equal('https://as.example.com/token');
    });
  }

  it('answers under the name of the mutual TLS listener', async () =>
    expect((await listener.ask(discovery, { headers: { host: 'mtls.as.example.com:8443' } })).status).to.equal(200));

  for (const name of [
    'evil.example',
    'as.example.com.evil.example',
    'as.example.com:9443',
    '127.0.0.1',
    'as.example.com/x',
  ]) {
    it(`refuses ${name} with 421`, async () => {
      const { status, body } = await listener.ask(discovery, { headers: { host: name } });
      expect(status).to.equal(421);
      expect(body).to.deep.equal({ error: 'invalid_request', error_description: 'the request is for another host' });
    });
  }

  it('ignores X-Forwarded-Host from anybody', async () => {
    const headers = { host: 'as.example.com', 'x-forwarded-host': 'evil.example' };
    const { status, body } = await listener.ask(discovery, { headers });
    expect(status).to.equal(200);
    expect(body.token_endpoint).to.equal('https://as.example.com/token');
  });

  it('refuses X-Forwarded-Host of another name from a trusted proxy', async () => {
    const headers = { host: 'as.example.com', 'x-forwarded-host': 'evil.example' };
    expect((await behindProxy.ask(discovery, { headers })).status).to.equal(421);
  });

  const targets: [target: string, host: string][] = [
    [`https://evil.example${discovery}`, 'as.example.com'],
    [`https://as.example.com${discovery}`, 'evil.example'],
    [`https://evil@as.example.com${discovery}`, 'as.example.com'],
    [`https://:secret@as.example.com${discovery}`, 'as.example.com'],
    [`http://as.example.com${discovery}`, 'as.example.com'],
    ['*', 'as.example.com'],
  ];
  async function sent(target: string, name: string) {
    const socket = connect({ port: listener.port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const method = target === '*' ? 'OPTIONS' : 'GET';
    socket.write(`${method} ${target} HTTP/1.1\r\nhost: ${name}\r\nconnection: close\r\n\r\n`);
    return (await socket.setEncoding('utf8').toArray()).join('');
  }

  for (const [target, name] of targets) {
    it(`refuses the request target ${target} to ${name}`, async () => {
      const text = await sent(target, name);
      expect(text).to.match(/^HTTP\/1.1 4(00|21) /);
      expect(text).to.contain('"error":"invalid_request"');
      expect(text).to.not.contain('token_endpoint');
    });
  }

  it('answers a request target that is a whole URL of its own', async () =>
    expect(await sent(`https://as.example.com${discovery}`, 'as.example.com')).to.contain(
      '"token_endpoint":"https://as.example.com/token"',
    ));
});

describe('FAPI2-SP-FINAL-5.2.1-1 nothing is answered without TLS', () => {
  const through = async (ranges: string[], headers: Record<string, string>) => {
    const { Provider } = await import('oidc-provider');
    const { listen } = await import('../support/listener.ts');
    const provider = new Provider('https://as.example.com', { cookies: { keys: ['of the test'] } });
    provider.proxy = true;
    provider.silent = true;
    for (const middleware of [oauthError(), forwarded(trustedProxies(ranges)), host({ issuer: provider.issuer })]) {
      provider.use(middleware);
    }
    const listener = await listen(provider);
    const answer = await listener.ask(discovery, { headers: { host: 'as.example.com', ...headers } });
    await listener.close();
    return answer;
  };

  it('refuses a request in clear', async () => {
    const { status, body } = await through([], {});
    expect(status).to.equal(400);
    expect(body).to.deep.equal({ error: 'invalid_request', error_description: 'TLS is required' });
  });

  it('refuses a request in clear that says it was not', async () =>
    expect((await through([], { 'x-forwarded-proto': 'https' })).status).to.equal(400));

  it('answers a trusted proxy that ended TLS', async () => {
    const { status, body } = await through(['127.0.0.1'], { 'x-forwarded-proto': 'https' });
    expect(status).to.equal(200);
    expect(body.token_endpoint).to.equal('https://as.example.com/token');
  });

  it('refuses a trusted proxy’s client without TLS', async () =>
    expect((await through(['127.0.0.1'], { 'x-forwarded-proto': 'http' })).status).to.equal(400));
});
