import type { Context, Next } from 'koa';

import { inJson } from './error_answer.ts';
import { answerTo, sayWhenToRetry, writeOauthError } from './oauth_error.ts';

/** Work of a request that has to be done before its response may leave. */
export interface Unfinished {
  readonly isPending: boolean;
  /**
   * Does the work.
   *
   * @param isError the response tells of an error already
   * @throws an error to be answered in place of the response
   */
  flush(isError: boolean): Promise<void>;
}

/** Headers of the answer that was to be given, which are removed where an error takes its place. */
const premature = ['location', 'set-cookie', 'content-length'];

function isErrorAnswer({ status, res }: Context): boolean {
  return status >= 400 || /[?&#]error=/.test(`${res.getHeader('location') ?? ''}`);
}

/** Tells the operator of refusals, and of errors that reach no client. */
function report(ctx: Context, error: unknown): void {
  ctx.app.emit(ctx.headerSent || answerTo(error).status === 500 ? 'error' : 'refused', error, ctx);
}

/**
 * Has the end of a response wait for the flush: `provider.interactionFinished()` ends it by itself, past Koa.
 *
 * @returns a function to await before going on
 */
function holdEnd(ctx: Context, work: Unfinished): () => Promise<void> {
  const { res } = ctx;
  let held: Promise<void> | undefined;
  const end = res.end;
  res.end = function holdEnd(this: typeof res, ...args: unknown[]) {
    res.end = end;
    // The arguments of one of the three forms of `end`, handed on as they came.
    const theirs = args as never;
    if (!work.isPending) return end.apply(this, theirs);
    held = work.flush(isErrorAnswer(ctx)).then(
      () => void end.apply(res, theirs),
      (error) => {
        report(ctx, error);
        const { status, headers, body } = inJson(answerTo(error));
        for (const name of premature) res.removeHeader(name);
        res.writeHead(status, headers);
        end.call(res, body, 'utf8');
      },
    );
    return this;
  };
  return async () => {
    res.end = end;
    await held;
  };
}

/** Lets the response of a request leave after the work is done; where that fails, an error leaves instead. */
export async function holdResponse(ctx: Context, work: Unfinished, next: Next): Promise<void> {
  const ended = holdEnd(ctx, work);
  try {
    await next();
  } finally {
    await ended();
    try {
      await work.flush(isErrorAnswer(ctx));
    } catch (error) {
      report(ctx, error);
      if (!ctx.headerSent) {
        for (const name of premature) ctx.remove(name);
        writeOauthError(ctx, error);
      }
    }
    sayWhenToRetry(ctx);
  }
}
