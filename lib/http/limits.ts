import type { Context, Middleware, Next } from 'koa';
import { errors, type Provider } from 'oidc-provider';

import { type Endpoint, endpoints, isApiEndpoint, isFormEndpoint } from './routes.ts';

/** What oidc-provider reads at most. */
const maxBody = 56 * 1024;

export interface Limits {
  /** Seconds a client has to wait before it may ask again; `undefined` lets the request pass. */
  tooMany?(ctx: Context): Promise<number | undefined>;
}

function allowed(endpoint: Endpoint): string | undefined {
  if (isFormEndpoint(endpoint)) return 'POST';
  return undefined;
}

function checkMethod(ctx: Context, endpoint: Endpoint): void {
  const allow = allowed(endpoint);
  if (allow && ctx.method !== allow) {
    ctx.set('allow', allow);
    throw new errors.InvalidRequest(`only ${allow} is allowed`, 405);
  }
  // A HEAD would run the whole authorization request and spend it, for an answer nobody reads.
  if (ctx.method === 'HEAD' && (endpoint === 'authorization' || endpoint === 'resume')) {
    ctx.set('allow', 'GET');
    throw new errors.InvalidRequest('only GET is allowed', 405);
  }
}

function checkType(ctx: Context, endpoint: Endpoint): void {
  if (isFormEndpoint(endpoint) && ctx.get('content-type') && !ctx.is('application/x-www-form-urlencoded')) {
    throw new errors.InvalidRequest('the content-type has to be application/x-www-form-urlencoded');
  }
}

const tooLarge = () => new errors.InvalidRequest(`the request body must not be larger than ${maxBody} bytes`, 413);

/**
 * A chunked body says its size only by being read, and that is oidc-provider's: while the stream is paused, a `data`
 * listener is told of what others read.
 */
async function counted(ctx: Context, next: Next): Promise<void> {
  let received = 0;
  ctx.req.pause().on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  await next();
  if (received > maxBody) throw tooLarge();
}

function refuse(ctx: Context, wait: number): never {
  ctx.set('retry-after', String(Math.ceil(wait)));
  throw new errors.InvalidRequest('too many requests', 429);
}

/**
 * The HTTP of endpoints for programs: 405 with Allow, 413, 400 for another media type, 429.
 *
 * @see [RFC 9126 section 2.3 - Error Response](https://www.rfc-editor.org/rfc/rfc9126.html#section-2.3)
 */
export function limits(provider: Provider, { tooMany }: Limits = {}): Middleware {
  const endpointOf = endpoints(provider);
  return function limits(ctx, next) {
    const endpoint = endpointOf(ctx);
    if (endpoint === undefined) return next();
    checkMethod(ctx, endpoint);
    if ((ctx.request.length ?? 0) > maxBody) throw tooLarge();
    checkType(ctx, endpoint);
    const goOn = isApiEndpoint(endpoint) && ctx.get('transfer-encoding') !== '' ? () => counted(ctx, next) : next;
    return tooMany ? tooMany(ctx).then((wait) => (wait === undefined ? goOn() : refuse(ctx, wait))) : goOn();
  };
}
