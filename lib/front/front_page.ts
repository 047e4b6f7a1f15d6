import type { Context, Middleware } from 'koa';

import { answerWith, errorAnswer } from '../http/error_answer.ts';
import { render } from '../interactions/render.ts';
import type { Front } from './front.ts';
import { refusalsPath } from './refusals_page.ts';

/** Shows the page at the issuer's address. */
export type ShowFront = (ctx: Context) => void;

/** The service's name, and the documents a client needs. */
export function plainPage({ issuer, name, choose }: Front): ShowFront {
  return (ctx) => {
    const language = choose(ctx);
    const { say } = language;
    render(ctx, 200, 'front', {
      name,
      language,
      title: name,
      documents: [
        { href: `${issuer}/.well-known/openid-configuration`, text: say('document_metadata') },
        { href: `${issuer}/jwks`, text: say('document_keys') },
        { href: `${issuer}${refusalsPath}`, text: say('document_refusals') },
      ],
    });
  };
}

function nothing(ctx: Context, { name, choose }: Front): void {
  const language = choose(ctx);
  const { say } = language;
  const texts = { title: say('no_page_title'), text: say('no_page_text'), advice: say('no_page_advice') };
  render(ctx, 404, 'message', { name, language, facts: [], ...texts });
}

/**
 * Answers at the issuer's address, and where nothing else does: people with a page, programs with JSON.
 *
 * @param show the page at the issuer's address; absent where there is to be none.
 */
export function frontPage(front: Front, show: ShowFront | undefined): Middleware {
  return function frontPage(ctx, next) {
    if (show && ctx.path === '/' && (ctx.method === 'GET' || ctx.method === 'HEAD')) {
      show(ctx);
      return Promise.resolve();
    }
    return next().then(() => {
      if (ctx.status !== 404 || ctx.body) return;
      ctx.app.emit('not_found', ctx);
      if (ctx.accepts('json', 'html') === 'html') return nothing(ctx, front);
      const where = `${front.issuer}/.well-known/openid-configuration`;
      answerWith(ctx, errorAnswer(404, 'not_found', `there is nothing at this path: endpoints are in ${where}`));
    });
  };
}
