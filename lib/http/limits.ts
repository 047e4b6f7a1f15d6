import type { Context, Middleware, Next } from 'koa';
import { errors, type Provider } from 'oidc-provider';

import { retryAfter } from './error_answer.ts';
import { coreReads, readBody } from './form_body.ts';
import { form as formType } from './media_types.ts';
import { type Endpoint, endpoints, hasManagement, isFormEndpoint } from './routes.ts';

export interface Limits {
  /** Bytes of a request's body. Default: 56 kB. */
  body?: number | undefined;
  /** Bytes of a pushed authorization request. Default: those of any other. */
  pushed?: number | undefined;
  /** Seconds a client has to wait before it may ask again; `undefined` lets the request pass. */
  tooMany?: ((ctx: Context) => number | undefined) | undefined;
}

type Methods = Readonly<Partial<Record<NonNullable<Endpoint>, readonly string[]>>>;

/** The methods of endpoints that are no forms; a `HEAD` at the authorization endpoint would spend a request for nobody. */
const methods: Methods = {
  authorization: ['GET', 'POST'],
  resume: ['GET'],
  userinfo: ['GET', 'POST', 'HEAD', 'OPTIONS'],
  jwks: ['GET', 'HEAD', 'OPTIONS'],
  discovery: ['GET', 'HEAD', 'OPTIONS'],
  registration: ['POST'],
  client: ['GET', 'HEAD'],
  end_session: ['GET', 'POST', 'HEAD'],
  end_session_confirm: ['POST'],
  end_session_success: ['GET', 'HEAD'],
};
const managed: Methods = { ...methods, client: ['GET', 'PUT', 'DELETE', 'HEAD'] };

/**
 * Refuses other methods than an endpoint has, and answers OPTIONS where it is not a browser's question for CORS.
 *
 * @returns true when it was answered
 */
function checkMethod(ctx: Context, endpoint: NonNullable<Endpoint>, known: Methods): boolean {
  const allowed = isFormEndpoint(endpoint) ? ['POST'] : known[endpoint];
  const asks = ctx.method === 'OPTIONS' && !ctx.get('access-control-request-method');
  if (!allowed || (allowed.includes(ctx.method) && !asks)) return false;
  ctx.set('allow', allowed.join(', '));
  if (allowed.includes(ctx.method)) {
    ctx.status = 204;
    return true;
  }
  throw new errors.InvalidRequest(`only ${allowed.join(', ')} is allowed`, 405);
}

function checkType(ctx: Context, endpoint: Endpoint, isForm: boolean): void {
  const encoding = ctx.get('content-encoding').toLowerCase();
  // Node undoes nothing but the chunks, so that another coding would be read as the form itself.
  if (!/^(chunked)?$/i.test(ctx.get('transfer-encoding'))) {
    throw new errors.InvalidRequest('the request body must not be compressed: send no transfer-encoding', 415);
  }
  if (encoding && encoding !== 'identity') {
    ctx.set('accept-encoding', 'identity');
    throw new errors.InvalidRequest('the request body must not be compressed: send no content-encoding', 415);
  }
  if (!isFormEndpoint(endpoint) || !ctx.get('content-type')) return;
  if (!isForm) throw new errors.InvalidRequest(`the content-type has to be ${formType}`);
  if (ctx.get('content-type').includes(';') && !/^(utf-?8)?$/i.test(ctx.request.charset))
    throw new errors.InvalidRequest('the charset has to be UTF-8', 415);
}

/**
 * Says in a header when to try again.
 *
 * @param wait seconds
 * @returns the refusal of somebody who asks too often, to be thrown
 */
export function tooManyRequests(ctx: Context, wait: number): errors.InvalidRequest {
  ctx.set(retryAfter(wait));
  return new errors.InvalidRequest('too many requests', 429);
}

/**
 * Refuses requests at the provider's endpoints by their HTTP: 405 with Allow, 413, 415, 400 for another media type,
 * 429. It reads the form of a request, which `fieldsOf(ctx)` answers from here on.
 *
 * @see [PAR-2.3 - Error Response](https://www.rfc-editor.org/rfc/rfc9126.html#section-2.3)
 */
export function limits(provider: Provider, { tooMany, body = 56 * 1024, pushed = body }: Limits = {}): Middleware {
  const endpointOf = endpoints(provider);
  const known = hasManagement(provider) ? managed : methods;
  function checkRate(ctx: Context): void {
    const wait = tooMany?.(ctx);
    if (wait !== undefined) throw tooManyRequests(ctx, wait);
  }
  async function form(ctx: Context, next: Next, limit: number, isForm: boolean): Promise<void> {
    await readBody(ctx, isForm ? limit : Math.min(limit, coreReads), isForm);
    checkRate(ctx);
    await next();
  }
  return function limits(ctx, next) {
    const endpoint = endpointOf(ctx);
    if (endpoint === undefined) return next();
    if (checkMethod(ctx, endpoint, known)) return Promise.resolve();
    if (ctx.method === 'POST' || ctx.method === 'PUT') {
      const isForm = Boolean(ctx.is(formType));
      checkType(ctx, endpoint, isForm);
      return form(ctx, next, endpoint === 'pushed_authorization_request' ? pushed : body, isForm);
    }
    checkRate(ctx);
    return next();
  };
}
