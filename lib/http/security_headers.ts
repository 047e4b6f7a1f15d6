import type { Middleware } from 'koa';

/** Two years, what browsers' preload lists ask for. */
const strictTransportSecurity = 'max-age=63072000; includeSubDomains';

/**
 * `script-src` is there and empty so that oidc-provider adds the hash of its form_post script; there is no
 * `form-action`, which would also stop the redirect to the client that answers a form.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  'script-src',
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * What a browser must know of every answer. A page may set a policy of its own.
 *
 * @see [FAPI2-SP-FINAL-5.2.3-1](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.2.3)
 * @see [RFC 9700 section 4.16 - Clickjacking](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.16)
 */
export function securityHeaders(): Middleware {
  return function securityHeaders(ctx, next) {
    ctx.set({
      'strict-transport-security': strictTransportSecurity,
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    // An application around us may have pages, and a policy, of its own.
    if (!ctx.response.get('content-security-policy')) ctx.set('content-security-policy', contentSecurityPolicy);
    return next();
  };
}
