import type { Context } from 'koa';

import { problem } from './media_types.ts';

/**
 * Answers a problem, which a listener for operators tells errors by.
 *
 * @param more members beside the title and the status.
 * @see [RFC 9457 - Problem Details for HTTP APIs](https://www.rfc-editor.org/rfc/rfc9457.html)
 */
export function answerProblem(ctx: Context, status: number, title: string, more: object = {}): void {
  ctx.status = status;
  ctx.type = problem;
  ctx.body = JSON.stringify({ type: 'about:blank', title, status, ...more });
}
