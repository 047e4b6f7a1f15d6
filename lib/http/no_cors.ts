import type { Middleware } from 'koa';
import type { Provider } from 'oidc-provider';

import { endpoints } from './routes.ts';

/**
 * No script of another site reads what the authorization endpoint or a page answers, even with a CORS middleware around us.
 *
 * @see [FAPI2-SP-FINAL-5.2.3-3](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.2.3)
 */
export function noCors(provider: Provider, pages = '/interaction/'): Middleware {
  const endpointOf = endpoints(provider);
  return async function noCors(ctx, next) {
    try {
      await next();
    } finally {
      const endpoint = endpointOf(ctx);
      if (endpoint === 'authorization' || endpoint === 'resume' || ctx.path.includes(pages)) {
        for (const name of ctx.res.getHeaderNames()) if (name.startsWith('access-control-')) ctx.remove(name);
      }
    }
  };
}
