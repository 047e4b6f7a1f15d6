import { expect } from 'chai';
import Koa from 'koa';

import { fieldOf, readBody } from '../../lib/http/form_body.ts';
import { listen } from '../support/listener.ts';

describe('The form of a request', () => {
  it('is read once, however often it is asked for', async () => {
    const app = new Koa();
    for (const _ of [1, 2]) app.use((ctx, next) => readBody(ctx, 1000, true).then(next));
    app.use((ctx) => {
      ctx.body = fieldOf(ctx, 'scope');
    });
    const server = await listen(app);
    try {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const { text } = await server.ask('/', { method: 'POST', headers, body: 'scope=openid' });
      expect(text).to.equal('openid');
    } finally {
      await server.close();
    }
  });
});
