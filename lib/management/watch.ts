import type { Context, Middleware } from 'koa';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Occurrence } from '../audit/event.ts';
import { refusalEvents, refusalOf } from '../fapi/refusals.ts';
import { endpoints } from '../http/routes.ts';
import type { Metrics } from './metrics.ts';

/** Names what a request is for: one of the provider's endpoints, a page, the sample resource, or none of them. */
export function endpointName(provider: Provider, resource?: string): (ctx: Context) => string {
  const endpointOf = endpoints(provider);
  return (ctx) => {
    const endpoint = endpointOf(ctx);
    if (endpoint) return endpoint;
    if (ctx.path.startsWith('/interaction/')) return 'interaction';
    return ctx.path === resource ? 'resource' : 'other';
  };
}

/** Counts requests by endpoint and status when they are answered, or their client has gone. */
export function countRequests(metrics: Metrics, nameOf: (ctx: Context) => string): Middleware {
  return function count(ctx, next) {
    const began = performance.now();
    const endpoint = nameOf(ctx);
    ctx.res.once('close', () => {
      metrics.requests.add({ endpoint, status: ctx.res.writableFinished ? ctx.res.statusCode : 'aborted' });
      metrics.durations.observe({ endpoint }, (performance.now() - began) / 1000);
    });
    return next();
  };
}

interface Failure {
  readonly error?: string;
  readonly clause?: string;
}

/** Result of a login, by occurrence. */
const logins: Readonly<Record<string, string>> = {
  'login.refused': 'refused',
  'login.limited': 'limited',
};

/** Counts what a provider tells of: refusals, pushes, logins, tokens, errors. */
export function watch(provider: Provider, metrics: Metrics): void {
  const emitter = provider as NodeJS.EventEmitter;
  for (const event of refusalEvents) {
    emitter.on(event, (one: unknown, other: unknown) => {
      // Core hands over the context first, Koa the error.
      const failure = (one instanceof Error ? one : other) as Failure & object;
      const clause = failure.clause ?? refusalOf(failure)?.clause ?? '';
      metrics.refusals.add({ error: failure.error ?? 'other', clause });
    });
  }
  emitter.on('pushed_authorization_request.success', () => metrics.pushes.add({ result: 'accepted' }));
  emitter.on('pushed_authorization_request.error', () => metrics.pushes.add({ result: 'refused' }));
  emitter.on('interaction.ended', ({ oidc }: KoaContextWithOIDC) => {
    if (oidc.result?.login) metrics.logins.add({ result: 'succeeded' });
  });
  emitter.on('occurred', (_ctx: unknown, { event }: Occurrence) => {
    const result = logins[event];
    if (result) metrics.logins.add({ result });
  });
  emitter.on('grant.success', ({ oidc }: KoaContextWithOIDC) =>
    metrics.tokens.add({ grant_type: `${oidc.params?.grant_type}` }),
  );
  for (const event of ['server_error', 'error']) {
    emitter.on(event, (_one: unknown, other?: Context) => {
      // What the client cut off is none of ours, and `server_error` is told of once.
      if (event === 'server_error' || !other?.req.socket.destroyed) metrics.errors.add({});
    });
  }
}
