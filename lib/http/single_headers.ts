import type { Middleware } from 'koa';
import { errors } from 'oidc-provider';

/** Headers that may come once. Of several, Node keeps the first and drops the others without a word. */
const single = new Set(['host', 'authorization', 'content-type', 'content-length', 'content-encoding']);

function repeated(rawHeaders: readonly string[]): string | undefined {
  const seen: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (!single.has(name)) continue;
    if (seen.includes(name)) return name;
    seen.push(name);
  }
  return undefined;
}

/**
 * Refuses a request with one of these headers twice: a proxy in front of us may have read the other one.
 *
 * @see [RFC9110-5.3 - Field Order](https://www.rfc-editor.org/rfc/rfc9110.html#section-5.3)
 */
export function singleHeaders(): Middleware {
  return function singleHeaders(ctx, next) {
    const name = repeated(ctx.req.rawHeaders);
    if (name) throw new errors.InvalidRequest(`the header ${name} must be sent once`);
    return next();
  };
}
