import type { Context, Middleware } from 'koa';
import { errors } from 'oidc-provider';

export interface Hosts {
  readonly issuer: string;
  /** Base URLs of further listeners, as published in `mtls_endpoint_aliases`. */
  readonly aliases?: readonly string[];
}

/** The URLs oidc-provider may build others from: a request target may be a whole URL (`GET https://other/ HTTP/1.1`). */
const requested = ({ protocol, host, href }: Context) => [URL.parse(`${protocol}://${host}`), URL.parse(href)];

/**
 * Requests are answered under the configured names only: endpoint URLs in metadata and the `htu` of a proof are
 * built from the name the request came under.
 *
 * @see [FAPI2-SP-FINAL-5.3.2.1-1](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.1)
 */
export function host({ issuer, aliases = [] }: Hosts): Middleware {
  const own = new URL(issuer);
  const names = new Set([issuer, ...aliases].map((url) => new URL(url).host));
  return async function host(ctx, next) {
    for (const url of requested(ctx)) {
      if (!url || !names.has(url.host)) throw new errors.InvalidRequest('the request is for another host', 421);
      if (url.protocol !== 'https:') throw new errors.InvalidRequest('TLS is required');
    }
    // Metadata is the issuer's, whichever listener it is asked at.
    if (ctx.path.includes('/.well-known/')) ctx.req.headers.host = own.host;
    await next();
  };
}
