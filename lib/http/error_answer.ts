import type { Context } from 'koa';

import { json } from './media_types.ts';

/** An answer that tells of an error: its status, its headers, and its body as RFC 6749 section 5.2 has it. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: string; readonly error_description: string };
}

/** Seconds after which it makes sense to try again what nobody can do at this moment. */
const soon = 1;

/** The header that says after how many seconds to try again. */
export const retryAfter = (seconds: number = soon): Record<string, string> => ({
  'retry-after': String(Math.ceil(seconds)),
});

/** Makes the answer that tells of an error. A 503 says when to try again. */
export function errorAnswer(status: number, error: string, error_description: string): ErrorAnswer {
  return {
    status,
    headers: { 'cache-control': 'no-store', ...(status === 503 && retryAfter()) },
    body: { error, error_description },
  };
}

/** Gives an error in place of whatever was to be answered. */
export function answerWith(ctx: Context, { status, headers, body }: ErrorAnswer): void {
  ctx.status = status;
  ctx.set(headers);
  ctx.body = body;
}

/** The same as text, for who answers without Koa. */
export function inJson({ status, headers, body }: ErrorAnswer) {
  return { status, headers: { 'content-type': `${json}; charset=utf-8`, ...headers }, body: JSON.stringify(body) };
}
