import type { Context, Middleware } from 'koa';
import { errors } from 'oidc-provider';

/** What an error tells the client: never a stack, a statement or a host name. */
function refusalOf(error: unknown): { status: number; error: string; error_description: string } | undefined {
  if (error instanceof errors.OIDCProviderError && error.expose) {
    return { status: error.status, error: error.error, error_description: error.error_description ?? error.error };
  }
  // Koa and its companions refuse with http-errors.
  const { status, expose } = (error ?? {}) as { status?: unknown; expose?: unknown };
  if (status === 503) {
    return { status, error: 'temporarily_unavailable', error_description: 'try again later' };
  }
  if (typeof status === 'number' && status >= 400 && status < 500 && expose === true) {
    return { status, error: 'invalid_request', error_description: 'the request is malformed' };
  }
  return undefined;
}

/** RFC 6749 section 5.2, the shape of every error outside a page. */
export function writeOauthError(ctx: Context, error: unknown): void {
  const { status = 500, ...body } = refusalOf(error) ?? {
    error: 'server_error',
    error_description: 'the server met an unexpected condition',
  };
  ctx.status = status;
  ctx.set('cache-control', 'no-store');
  ctx.body = body;
}

/**
 * The only place that writes an error body for a request oidc-provider has not routed.
 *
 * @see [RFC 6749 section 5.2 - Error Response](https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2)
 */
export function oauthError({ retryAfter = 1 }: { retryAfter?: number } = {}): Middleware {
  return async function oauthError(ctx, next) {
    try {
      await next();
    } catch (error) {
      writeOauthError(ctx, error);
      // `error_detail` and `cause` go to the log, never to the client. Rethrowing would be shorter,
      // but Koa's own handler clears all headers first, x-fapi-interaction-id among them.
      const reported = error instanceof Error ? error : new Error('thrown, and no error', { cause: error });
      ctx.app.emit(ctx.status < 500 ? 'refused' : 'error', reported, ctx);
    }
    if (ctx.status === 503 && !ctx.response.get('retry-after')) ctx.set('retry-after', String(retryAfter));
  };
}
