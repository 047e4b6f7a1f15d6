import type { Middleware } from 'koa';

import { clauseUrl } from '../clause.ts';
import type { Facts } from '../fapi/refusals/refusal.ts';
import { refusals, textOf } from '../fapi/refusals.ts';
import { render } from '../interactions/render.ts';
import type { Front } from './front.ts';

/** Path of the page that `error_uri` leads to. */
export const refusalsPath = '/refusals';

/** Settings of the server that the texts name. */
export interface RefusalsPageOptions extends Front {
  /** Base URL of the endpoints that take client certificates. */
  readonly mtls?: string | undefined;
  readonly client_assertion_lifetime: number;
}

function entries(facts: Facts) {
  return refusals.map((refusal) => {
    const [wrong = '', ...todo] = textOf(refusal, facts).split(': ');
    const { id, clause } = refusal;
    return { id, wrong, todo: todo.join(': '), clause, href: clauseUrl(clause) };
  });
}

/** The table of refusals as a page for the developers of clients, in English as the answers are. */
export function refusalsPage(options: RefusalsPageOptions): Middleware {
  const { issuer, name, english, mtls = issuer, client_assertion_lifetime: assertion_lifetime } = options;
  const registered = 'https://client.example.com/callback';
  const rows = entries({ issuer, mtls, assertion_lifetime, redirect_uri: `${registered}/`, registered });
  return function refusalsPage(ctx, next) {
    if (ctx.path !== refusalsPath || !['GET', 'HEAD'].includes(ctx.method)) return next();
    render(ctx, 200, 'refusals', {
      name,
      wide: true,
      language: english,
      title: 'Why a request was refused',
      intro: 'Each answer that refuses a request has one of these as its error_uri.',
      refusals: rows,
    });
    ctx.set('cache-control', 'max-age=3600');
    return Promise.resolve();
  };
}
