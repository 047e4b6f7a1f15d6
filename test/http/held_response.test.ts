import { setTimeout as delay } from 'node:timers/promises';

import { expect } from 'chai';
import Koa, { type Middleware } from 'koa';
import { errors } from 'oidc-provider';

import { holdResponse } from '../../lib/http/held_response.ts';
import { listen } from '../support/listener.ts';

/** Ends the response past Koa, as `provider.interactionFinished()` does. */
const endsByItself: Middleware = ({ res }) => {
  res.statusCode = 303;
  res.setHeader('location', '/resume');
  res.setHeader('set-cookie', 'resume=1');
  res.end();
};

const redirects: Middleware = (ctx) => {
  ctx.cookies.set('resume', '1');
  ctx.redirect('/resume');
};

const refuses: Middleware = (ctx) => {
  ctx.status = 503;
  ctx.body = { error: 'temporarily_unavailable' };
};

const away = () => Object.assign(new Error('connect ECONNREFUSED 10.0.0.1'), { status: 503 });

describe('a response that is held', () => {
  /** Answers with work that is done, or fails, a little later. */
  async function answered(handler: Middleware, failure?: () => Error) {
    const order: string[] = [];
    const told: boolean[] = [];
    const reported: string[] = [];
    const app = new Koa();
    const refused: string[] = [];
    app.on('error', ({ message }) => reported.push(message));
    app.on('refused', ({ message }) => refused.push(message));
    app.use((ctx, next) => {
      let isPending = true;
      const work = {
        get isPending() {
          return isPending;
        },
        async flush(isError: boolean) {
          told.push(isError);
          if (!isPending) return;
          isPending = false;
          await delay(20);
          order.push('flushed');
          if (failure) throw failure();
        },
      };
      ctx.res.once('finish', () => order.push('left'));
      return holdResponse(ctx, work, next);
    });
    const listener = await listen(app.use(handler));
    const answer = await listener.ask('/');
    await listener.close();
    return { ...answer, order, told, reported, refused };
  }

  for (const [how, handler] of Object.entries({ 'by Koa': redirects, 'past Koa': endsByItself })) {
    it(`ended ${how} leaves after the work is done`, async () => {
      const { status, headers, order, told } = await answered(handler);
      expect(order).to.deep.equal(['flushed', 'left']);
      expect([status < 400, headers.location, told[0]]).to.deep.equal([true, '/resume', false]);
    });

    it(`ended ${how} is an error instead when the work fails, and leads nowhere`, async () => {
      const { status, headers, body, reported, refused } = await answered(handler, away);
      expect(refused).to.deep.equal(['connect ECONNREFUSED 10.0.0.1']);
      expect([status, headers['retry-after'], headers['cache-control']]).to.deep.equal([503, '1', 'no-store']);
      expect([headers.location, headers['set-cookie']]).to.deep.equal([undefined, undefined]);
      expect(body).to.deep.equal({ error: 'temporarily_unavailable', error_description: 'try again later' });
      expect(reported).to.deep.equal([]);
    });

    it(`ended ${how} is a refusal in the words of whoever refuses`, async () => {
      const { status, body } = await answered(handler, () => new errors.InvalidGrant('used before'));
      expect([status, body]).to.deep.equal([
        400,
        { error: 'invalid_grant', error_description: 'grant request is invalid' },
      ]);
    });

    it(`ended ${how} says nothing of an error of nobody's, and reports it`, async () => {
      const { status, text, reported } = await answered(handler, () => new Error('no such column'));
      expect([status, JSON.parse(text).error]).to.deep.equal([500, 'server_error']);
      expect(text).not.to.contain('column');
      expect(reported).to.deep.equal(['no such column']);
    });
  }

  const errorAnswers: Record<string, Middleware> = {
    'a status of 400': (ctx) => {
      ctx.status = 400;
    },
    'an error in the query': (ctx) => ctx.redirect('https://client.example.com/?error=access_denied'),
    'an error beside others': (ctx) => ctx.redirect('https://client.example.com/?state=x&error=access_denied'),
    'an error in the fragment': (ctx) => ctx.redirect('https://client.example.com/#error=access_denied'),
  };
  for (const [what, handler] of Object.entries(errorAnswers)) {
    it(`tells the work of ${what}`, async () => expect((await answered(handler)).told).to.deep.equal([true]));
  }

  it('an address that only ends like an error is none', async () => {
    const { told } = await answered((ctx) => ctx.redirect('https://client.example.com/?code=xerror=1'));
    expect(told).to.deep.equal([false]);
  });

  it('an answer with a length has the error’s own when the work fails', async () => {
    const page: Middleware = ({ res }) => {
      res.setHeader('content-length', 1);
      res.end('x');
    };
    const { status, body } = await answered(page, away);
    expect([status, body.error]).to.deep.equal([503, 'temporarily_unavailable']);
  });

  it('tells the work that it is an error already, and has its Retry-After', async () => {
    const { told, headers } = await answered(refuses);
    expect([told, headers['retry-after']]).to.deep.equal([[true], '1']);
  });
});
