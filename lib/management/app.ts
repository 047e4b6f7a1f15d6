import type { TLSSocket } from 'node:tls';

import Koa, { type Context, type Middleware } from 'koa';

import { answerProblem } from '../http/problem.ts';
import { log } from '../log.ts';
import type { Health } from './health.ts';

/** The parts of a server that the listener for operators serves. */
export interface ManagementOptions {
  readonly health: Pick<Health, 'report'>;
  /** The metrics in Prometheus' text format, and its media type. */
  readonly metrics: { readonly contentType: string; readonly text: () => Promise<string> };
  /** Answers under `/admin`; without it, there is none. */
  readonly administration?: Middleware | undefined;
  /** Set where administrators show a certificate that the listener's TLS has verified. */
  readonly mutualTls: boolean;
}

type Answer = (ctx: Context) => void | Promise<void>;

function pagesOf({ health, metrics }: ManagementOptions): Readonly<Record<string, Answer>> {
  return {
    '/livez'(ctx) {
      ctx.body = { status: 'alive' };
    },
    async '/readyz'(ctx) {
      const report = await health.report();
      ctx.status = report.status === 'ready' ? 200 : 503;
      ctx.body = report;
    },
    async '/metrics'(ctx) {
      ctx.type = metrics.contentType;
      ctx.body = await metrics.text();
    },
  };
}

/** Wraps administration: where the listener asks for certificates, it is only for those who have shown one. */
function guarded(administration: Middleware, mutualTls: boolean): Middleware {
  return function administer(ctx, next) {
    if (!mutualTls || (ctx.req.socket as TLSSocket).authorized) return administration(ctx, next);
    return answerProblem(ctx, 401, 'show a certificate of an authority that management.ca names');
  };
}

/** The application of the listener for operators: health, metrics and administration, whatever Host it is asked by. */
export function managementApp(options: ManagementOptions): Koa {
  const pages = pagesOf(options);
  const { administration, mutualTls } = options;
  const app = new Koa();
  app.on('error', ({ message, stack }: Error) => log.error({ message, stack }, 'management: an answer failed'));
  const administer = administration && guarded(administration, mutualTls);
  app.use(async (ctx, next) => {
    ctx.set({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    const page = Object.hasOwn(pages, ctx.path) ? pages[ctx.path] : undefined;
    if (page && !['GET', 'HEAD'].includes(ctx.method)) {
      ctx.set('allow', 'GET, HEAD');
      return answerProblem(ctx, 405, 'only GET and HEAD are allowed');
    }
    if (page) return page(ctx);
    if (administer && /^\/admin(\/|$)/.test(ctx.path)) await administer(ctx, next);
    else answerProblem(ctx, 404, 'not found');
  });
  return app;
}
