import type { Middleware } from 'koa';
import type { Provider } from 'oidc-provider';
import { errors } from 'oidc-provider';

import { fieldsOf } from './form_body.ts';
import { form } from './media_types.ts';
import { type Endpoint, endpoints } from './routes.ts';

/** Bytes of a URL that every proxy passes on. */
const longest = 8192;

const posted: readonly Endpoint[] = ['authorization', 'end_session'];

/**
 * Has the browser ask again by GET for an authorization request, or a logout, that was posted. With a POST of another
 * site, browsers leave out cookies that are kept from other sites; core needs them.
 *
 * @see [OIDCC-3.1.2.1 - Authentication Request](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest)
 * @see [OpenID Connect RP-Initiated Logout](https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout)
 */
export function postToGet(provider: Provider): Middleware {
  const endpointOf = endpoints(provider);
  return function postToGet(ctx, next) {
    if (ctx.method !== 'POST' || !posted.includes(endpointOf(ctx))) return next();
    if (!ctx.is(form)) throw new errors.InvalidRequest(`the content-type has to be ${form}`, 415);
    const pairs = Object.entries(fieldsOf(ctx)).flatMap(([name, value = '']) =>
      [value].flat().map((each): [string, string] => [name, each]),
    );
    const search = new URLSearchParams(pairs).toString();
    if (search.length > longest) throw new errors.InvalidRequest('the request is too long', 413);
    ctx.status = 303;
    ctx.set({ location: `?${search}`, 'cache-control': 'no-store' });
    ctx.body = '';
    return Promise.resolve();
  };
}
