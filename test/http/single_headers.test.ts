import { once } from 'node:events';
import { connect } from 'node:tls';

import { expect } from 'chai';

import { oauthError } from '../../lib/http/oauth_error.ts';
import { singleHeaders } from '../../lib/http/single_headers.ts';
import type { Listener } from '../support/listener.ts';
import { serve } from './provider.ts';

describe('RFC9110-5.3 a header that may come once', () => {
  let listener: Listener;

  before(async () => {
    listener = await serve(() => [oauthError(), singleHeaders()]);
  });

  after(() => listener.close());

  // Of a list Node's client sends a header each.
  const send = (headers: Record<string, string | string[]>) =>
    listener.ask('/jwks', { headers: { host: 'as.example.com', ...headers } as Record<string, string> });
  const refused = {
    authorization: ['Basic YTpi', 'Bearer x'],
    'content-type': ['text/plain', 'text/plain'],
    'content-encoding': ['identity', 'gzip'],
  };
  for (const [name, values] of Object.entries(refused)) {
    it(`is refused twice: ${name}`, async () => {
      const { status, body } = await send({ 'x-first': 'a', [name.toUpperCase()]: values });
      expect({ status, body }).to.deep.equal({
        status: 400,
        body: { error: 'invalid_request', error_description: `the header ${name} must be sent once` },
      });
    });
  }

  it('is refused twice: host', async () => {
    const socket = connect({ port: listener.port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    socket.write('GET /jwks HTTP/1.1\r\nhost: as.example.com\r\nHost: evil.example\r\nconnection: close\r\n\r\n');
    expect((await socket.setEncoding('utf8').toArray()).join('')).to.match(/^HTTP\/1.1 400 /);
  });

  it('is taken once, and others as often as they come', async () => {
    const { status } = await send({ authorization: 'Basic YTpi', 'x-other': ['authorization', 'authorization'] });
    expect(status).to.equal(200);
  });
});
