import { expect } from 'chai';
import Koa, { type Middleware } from 'koa';
import { errors } from 'oidc-provider';

import { interactionId } from '../../lib/http/interaction_id.ts';
import { answerTo, oauthError } from '../../lib/http/oauth_error.ts';
import { listen } from '../support/listener.ts';

const id = '7ea4f7a2-c5f1-41d5-9f3c-2b7f6a2d3c11';

describe('RFC6749-5.2 an error of a request oidc-provider has not routed', () => {
  async function answered(handler: Middleware) {
    const events: string[] = [];
    const app = new Koa().use(interactionId()).use(oauthError()).use(handler);
    for (const name of ['refused', 'error'])
      app.on(name, (error: Error) => events.push(`${name}: ${error.message}${error.cause ? `, ${error.cause}` : ''}`));
    const listener = await listen(app);
    const answer = await listener.ask('/', { headers: { 'x-fapi-interaction-id': id } });
    await listener.close();
    expect(answer.headers['x-fapi-interaction-id']).to.equal(id);
    return { ...answer, events };
  }

  const fails = (error: unknown) =>
    answered(() => {
      throw error;
    });

  it('has the error’s status, code and description, and is not kept', async () => {
    const { status, headers, body, events } = await fails(new errors.InvalidClient('no such client', 'a detail'));
    expect(status).to.equal(400);
    expect(headers['cache-control']).to.equal('no-store');
    expect(headers['content-type']).to.match(/^application\/json/);
    expect(body).to.deep.equal({ error: 'invalid_client', error_description: 'no such client' });
    expect(events).to.deep.equal(['refused: invalid_client']);
  });

  it('tells nothing of what the server met', async () => {
    const { status, text, events } = await fails(new Error('relation "grants" does not exist at db.internal'));
    expect(status).to.equal(500);
    expect(JSON.parse(text).error).to.equal('server_error');
    expect(text).to.not.contain('grants');
    expect(events).to.have.length(1);
  });

  it('is 503 with Retry-After while the store is away', async () => {
    const { status, headers, body } = await fails(
      Object.assign(new Error('connect ECONNREFUSED 10.0.0.1'), { status: 503 }),
    );
    expect(status).to.equal(503);
    expect(headers['retry-after']).to.equal('1');
    expect(body).to.deep.equal({ error: 'temporarily_unavailable', error_description: 'try again later' });
  });

  it('gives a 503 of oidc-provider its Retry-After', async () => {
    const { status, headers } = await answered((ctx) => {
      ctx.status = 503;
      ctx.body = {};
    });
    expect(status).to.equal(503);
    expect(headers['retry-after']).to.equal('1');
  });

  it('is invalid_request for what Koa refuses', async () => {
    const { status, body } = await answered((ctx) => ctx.throw(400, 'Failed to decode <b>'));
    expect(status).to.equal(400);
    expect(body).to.deep.equal({ error: 'invalid_request', error_description: 'the request is malformed' });
  });

  const refusals: [error: object, status: number][] = [
    [{ status: 404, expose: true }, 404],
    [{ status: 400, expose: true }, 400],
    [{ status: 399, expose: true }, 500],
    [{ status: 500, expose: true }, 500],
    [{ status: 418, expose: false }, 500],
    [{ status: '404', expose: true }, 500],
    [{ expose: true }, 500],
  ];
  for (const [error, status] of refusals) {
    it(`answers ${status} to ${JSON.stringify(error)}, and never says when to try again`, () => {
      const told = { error: 'invalid_request', error_description: 'the request is malformed' };
      const unknown = { error: 'server_error', error_description: 'the server met an unexpected condition' };
      const headers = { 'cache-control': 'no-store' };
      expect(answerTo(error)).to.deep.equal({ status, headers, body: status === 500 ? unknown : told });
    });
  }

  it('says when to try again with a 503 alone, and lets others say it', async () => {
    const answers = async (status: number, headers = {}) =>
      (
        await answered((ctx) => {
          ctx.status = status;
          ctx.set(headers);
          ctx.body = {};
        })
      ).headers['retry-after'];
    expect(await answers(200)).to.equal(undefined);
    expect(await answers(503, { 'retry-after': '7' })).to.equal('7');
  });

  for (const thrown of [undefined, null, 'text', 42, {}]) {
    it(`survives ${JSON.stringify(thrown)} thrown`, async () => {
      const { status, events } = await fails(thrown);
      expect(status).to.equal(500);
      expect(events).to.deep.equal([`error: thrown, and no error${thrown ? `, ${thrown}` : ''}`]);
    });
  }
});
