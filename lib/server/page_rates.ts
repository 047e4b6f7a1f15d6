import type { Middleware } from 'koa';
import type { Provider } from 'oidc-provider';

import { tooManyRequests } from '../http/limits.ts';
import { endpoints } from '../http/routes.ts';
import { languages } from '../interactions/language.ts';
import { nameOf, type PagesOptions, renderProblem } from '../interactions/pages.ts';
import type { RequestRates } from './request_rates.ts';

/**
 * Counts requests that are for no endpoint of core's: login and consent, the front page, resources. Too many of them
 * are answered by 429, to a browser with a page.
 */
export function pageRates(provider: Provider, rates: Pick<RequestRates, 'anyone'>, options: PagesOptions): Middleware {
  const endpointOf = endpoints(provider);
  const choose = languages(options.messages);
  return function pageRates(ctx, next) {
    const wait = endpointOf(ctx) === undefined ? rates.anyone(ctx) : undefined;
    if (wait === undefined) return next();
    const refusal = tooManyRequests(ctx, wait);
    if (ctx.accepts('json', 'html') !== 'html') throw refusal;
    ctx.status = 429;
    renderProblem(ctx, { name: nameOf(provider.issuer, options), language: choose(ctx) }, refusal, refusal);
    ctx.app.emit('refused', refusal, ctx);
    return Promise.resolve();
  };
}
