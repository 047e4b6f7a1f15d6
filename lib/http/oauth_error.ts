import type { Context, Middleware } from 'koa';
import { errors } from 'oidc-provider';

import { answerWith, type ErrorAnswer, errorAnswer, retryAfter } from './error_answer.ts';

/** The one place that words an error outside a page: never by a stack, a statement or a host name. */
export function answerTo(error: unknown): ErrorAnswer {
  if (error instanceof errors.OIDCProviderError && error.expose) {
    return errorAnswer(error.status, error.error, error.error_description ?? error.error);
  }
  // Koa and its companions refuse with http-errors.
  const { status, expose } = (error ?? {}) as { status?: unknown; expose?: unknown };
  if (status === 503) return errorAnswer(status, 'temporarily_unavailable', 'try again later');
  if (typeof status === 'number' && status >= 400 && status < 500 && expose === true) {
    return errorAnswer(status, 'invalid_request', 'the request is malformed');
  }
  return errorAnswer(500, 'server_error', 'the server met an unexpected condition');
}

/** Adds Retry-After to a 503, whoever answered it. */
export function sayWhenToRetry(ctx: Context): void {
  if (ctx.status === 503 && !ctx.headerSent && !ctx.response.get('retry-after')) ctx.set(retryAfter());
}

/** Answers a request with an error, in place of whatever was to be answered. */
export function writeOauthError(ctx: Context, error: unknown): void {
  answerWith(ctx, answerTo(error));
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
