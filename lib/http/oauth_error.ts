import type { Context, Middleware } from 'koa';
import { errors } from 'oidc-provider';

/** The body of an error: never a stack, a statement or a host name. */
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

/** An answer that tells of an error: its status, its headers, and its body as RFC 6749 section 5.2 has it. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: string; readonly error_description: string };
}

/** Seconds after which it makes sense to try again while the store is away, as a header. */
export const RETRY_AFTER: Readonly<Record<string, string>> = { 'retry-after': '1' };

/** The one place that words an error outside a page, for whoever writes it. */
export function answerTo(error: unknown): ErrorAnswer {
  const { status = 500, ...body } = refusalOf(error) ?? {
    error: 'server_error',
    error_description: 'the server met an unexpected condition',
  };
  return { status, headers: { 'cache-control': 'no-store', ...(status === 503 && RETRY_AFTER) }, body };
}

/** Adds Retry-After to a 503, whoever answered it. */
export function sayWhenToRetry(ctx: Context): void {
  if (ctx.status === 503 && !ctx.headerSent && !ctx.response.get('retry-after')) ctx.set(RETRY_AFTER);
}

/** Answers a request with an error, in place of whatever was to be answered. */
export function writeOauthError(ctx: Context, error: unknown): void {
  const { status, headers, body } = answerTo(error);
  ctx.status = status;
  ctx.set(headers);
  ctx.body = body;
  // For whoever explains it, further out.
  ctx.state.refused = error;
}

/**
 * Answers the error of a request that core has not routed.
 *
 * @see [RFC6749-5.2 - Error Response](https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2)
 */
export function oauthError(): Middleware {
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
    sayWhenToRetry(ctx);
  };
}
