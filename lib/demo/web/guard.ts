import type { Context, Middleware } from 'koa';

/** Bytes of what the page may send. */
const longest = 4096;

/** Scripts and styles from here only, no frame around the page, and no string that becomes markup. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** Sets the headers a browser has to see on every answer. */
export const headers: Middleware = (ctx, next) => {
  ctx.set({
    'content-security-policy': contentSecurityPolicy,
    'cache-control': 'no-store',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  });
  return next();
};

/** Refuses requests under another name: a site whose name resolves to this machine would have the same origin. */
export const ownHost =
  (origin: string): Middleware =>
  (ctx, next) => {
    if (ctx.host === new URL(origin).host) return next();
    ctx.status = 421;
    ctx.body = { error: 'the request is for another host' };
    return undefined;
  };

/**
 * Lets the page ask, and no other site have it ask: a header that no form and no link can set, from this origin where the
 * browser says which. The session cookie does not travel with another site's requests either (SameSite=Strict).
 *
 * @see [OAuth 2.0 for Browser-Based Applications - Cross-Site Request Forgery Protections](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-browser-based-apps#name-cross-site-request-forgery-p)
 */
export const ownPage =
  (origin: string): Middleware =>
  (ctx, next) => {
    const from = ctx.get('origin') || origin;
    const site = ctx.get('sec-fetch-site') || 'same-origin';
    if (ctx.get('x-planner') === 'page' && from === origin && site === 'same-origin') return next();
    ctx.status = 403;
    ctx.body = { error: 'only the page itself may ask this' };
    return undefined;
  };

/** The JSON object of a request; `undefined` for anything else. */
export async function jsonBody(ctx: Context): Promise<Record<string, unknown> | undefined> {
  if (!ctx.is('application/json')) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of ctx.req) {
    length += chunk.length;
    if (length > longest) return undefined;
    chunks.push(chunk);
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
