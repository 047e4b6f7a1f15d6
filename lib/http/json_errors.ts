import type { Middleware } from 'koa';
import type { Provider } from 'oidc-provider';

import { json, introspectionJwt as signed } from './media_types.ts';
import { endpoints, isApiEndpoint } from './routes.ts';

/**
 * Has endpoints for programs answer errors as JSON, whatever `Accept` says: Java sends `text/html` first, and core
 * would answer a page.
 *
 * @see [PAR-2.3 - Error Response](https://www.rfc-editor.org/rfc/rfc9126.html#section-2.3)
 */
export function jsonErrors(provider: Provider): Middleware {
  const endpointOf = endpoints(provider);
  return function jsonErrors(ctx, next) {
    const endpoint = endpointOf(ctx);
    if (isApiEndpoint(endpoint)) {
      const wantsSigned = endpoint === 'introspection' && ctx.accepts('json', signed) === signed;
      ctx.req.headers.accept = wantsSigned ? signed : json;
    }
    return next();
  };
}
