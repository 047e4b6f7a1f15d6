import type { Middleware } from 'koa';
import { z } from 'zod';

import { filled } from '../settings.ts';

/** Settings of the headers that every answer has. */
export const securityHeaderSettings = z.strictObject({
  hsts_max_age: z
    .int()
    .min(300, 'is too short to keep anybody from a connection without TLS, write at least 300 seconds')
    .max(315_360_000, 'is too long, write at most 315360000 seconds')
    .default(63_072_000)
    .describe('seconds in which a browser speaks nothing but TLS to this host (Strict-Transport-Security)'),
  hsts_include_subdomains: z
    .boolean()
    .default(false)
    .describe('the same for every host below this one: all of them have to speak TLS'),
});

export type SecurityHeaderSettings = z.input<typeof securityHeaderSettings> & {
  /** `false`: no Strict-Transport-Security. A browser would keep it for every port of a developer's localhost. */
  hsts?: boolean;
};

function strictTransportSecurity({ hsts = true, ...settings }: SecurityHeaderSettings): Record<string, string> {
  const { hsts_max_age, hsts_include_subdomains } = filled(securityHeaderSettings, settings);
  const value = `max-age=${hsts_max_age}${hsts_include_subdomains ? '; includeSubDomains' : ''}`;
  return hsts ? { 'strict-transport-security': value } : {};
}

/**
 * The policy of pages. `script-src` is there and empty so that core adds the hash of its form_post script; there is no
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
 * Sets the headers every answer has for browsers. A page may set a policy of its own.
 *
 * @see [FAPI2-SP-FINAL-5.2.3-1](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.2.3)
 * @see [RFC9700-4.16 - Clickjacking](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.16)
 */
export function securityHeaders(settings: SecurityHeaderSettings = {}): Middleware {
  const headers = {
    ...strictTransportSecurity(settings),
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
  return function securityHeaders(ctx, next) {
    ctx.set(headers);
    // An application around us may have pages, and a policy, of its own.
    if (!ctx.res.hasHeader('content-security-policy')) ctx.set('content-security-policy', contentSecurityPolicy);
    return next();
  };
}
