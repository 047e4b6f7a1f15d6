import type { Context, Middleware, Next } from 'koa';
import type { Provider } from 'oidc-provider';

import { isHandedOver } from './handed_over.ts';
import { endpoints, isFormEndpoint } from './routes.ts';

/**
 * Keeps scripts of other sites from reading answers of the authorization endpoint, a page or an endpoint for clients,
 * also where a CORS middleware is around us.
 *
 * @see [FAPI2-SP-FINAL-5.2.3-3](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.2.3)
 */
export function noCors(provider: Provider, pages = '/interaction/'): Middleware {
  const endpointOf = endpoints(provider);
  async function withoutCors(ctx: Context, next: Next): Promise<void> {
    try {
      await next();
    } finally {
      if (!isHandedOver(ctx)) {
        for (const name of ctx.res.getHeaderNames()) if (name.startsWith('access-control-')) ctx.remove(name);
      }
    }
  }
  return function noCors(ctx, next) {
    const endpoint = endpointOf(ctx);
    const isPage = endpoint === 'authorization' || endpoint === 'resume' || ctx.path.includes(pages);
    // Clients that authenticate by a key of their own are no scripts in a browser.
    return isPage || isFormEndpoint(endpoint) ? withoutCors(ctx, next) : next();
  };
}
