import { expect } from 'chai';

import { readBody } from '../../lib/http/form_body.ts';
import { oauthError } from '../../lib/http/oauth_error.ts';
import { postToGet } from '../../lib/http/post_to_get.ts';
import type { Listener } from '../support/listener.ts';
import { form, serve } from './provider.ts';

describe('OIDCC-3.1.2.1 a request that a browser posts', () => {
  let listener: Listener;

  before(async () => {
    listener = await serve((provider) => [
      oauthError(),
      (ctx, next) => readBody(ctx, 100_000, true).then(next),
      postToGet(provider),
    ]);
  });

  after(() => listener.close());

  const post = (path: string, body: string, headers = form) => listener.ask(path, { method: 'POST', headers, body });

  for (const path of ['/auth', '/session/end']) {
    it(`is asked again by GET, with every field: ${path}`, async () => {
      const { status, headers, text } = await post(path, 'a=b&empty=&c=1&c=%26');
      expect([status, headers.location, headers['cache-control'], text]).to.deep.equal([
        ...[303, '?a=b&empty=&c=1&c=%26', 'no-store', ''],
      ]);
    });
  }

  it('is refused where no URL of it would get through', async () => {
    expect((await post('/auth', `a=${'x'.repeat(8190)}`)).status).to.equal(303);
    const { status, body } = await post('/auth', `a=${'x'.repeat(8191)}`);
    expect([status, body.error_description]).to.deep.equal([413, 'the request is too long']);
  });

  it('is refused where it is no form', async () => {
    const { status, body } = await post('/auth', '{}', { 'content-type': 'application/json' });
    expect([status, body.error_description]).to.deep.equal([
      ...[415, 'the content-type has to be application/x-www-form-urlencoded'],
    ]);
  });

  it('is left alone by GET, and at other endpoints', async () => {
    expect((await listener.ask('/auth?client_id=none')).status).to.equal(400);
    expect((await post('/token', 'grant_type=none')).status).to.equal(400);
  });
});
