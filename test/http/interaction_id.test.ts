import { expect } from 'chai';
import Koa from 'koa';

import { interactionId } from '../../lib/http/interaction_id.ts';
import { type Listener, listen } from '../support/listener.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('x-fapi-interaction-id', () => {
  let listener: Listener;

  before(async () => {
    const app = new Koa().use(interactionId()).use(interactionId());
    listener = await listen(
      app.use((ctx) => {
        ctx.body = ctx.state.interactionId;
      }),
    );
  });

  after(() => listener.close());

  const answered = async (sent?: string) => {
    const { headers, text } = await listener.ask('/', { headers: sent ? { 'x-fapi-interaction-id': sent } : {} });
    expect(headers['x-fapi-interaction-id']).to.equal(text);
    return text;
  };

  it('is the client’s', async () => {
    const id = '7EA4f7a2-c5f1-41d5-9f3c-2b7f6a2d3c11';
    expect(await answered(id)).to.equal(id);
  });

  it('is made when the client sends none', async () => {
    const [first, second] = [await answered(), await answered()];
    expect(first).to.match(uuid);
    expect(second).to.not.equal(first);
  });

  for (const sent of ['1', '<script>', `${'a'.repeat(36)}`, '7ea4f7a2-c5f1-41d5-9f3c-2b7f6a2d3c11 x']) {
    it(`is made when the client sends ${sent}`, async () => expect(await answered(sent)).to.match(uuid));
  }
});
