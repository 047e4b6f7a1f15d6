import type { Context, Middleware } from 'koa';
import { errors } from 'oidc-provider';

export interface Hosts {
  readonly issuer: string;
  /** Base URLs of further listeners, as published in `mtls_endpoint_aliases`. */
  readonly aliases?: readonly string[];
}

/**
 * The URL a request is for. Its target may be a whole URL (`GET https://other/ HTTP/1.1`), and core builds other URLs
 * from that.
 */
function targetOf({ originalUrl, host }: Context): string {
  if (originalUrl.startsWith('/')) return host.toLowerCase();
  const url = URL.parse(originalUrl);
  return url?.protocol === 'https:' && !url.username && !url.password ? url.host : '';
}

/**
 * Refuses requests under other names than the configured ones: endpoint URLs in metadata and the `htu` of a proof are
 * built from the name the request came under.
 *
 * @see [FAPI2-SP-FINAL-5.2.1-1](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.2.1)
 * @see [FAPI2-SP-FINAL-5.3.2.1-1](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.1)
 */
export function host({ issuer, aliases = [] }: Hosts): Middleware {
  // Compared as they stand: what URL parsers forgive (`user@as.example.com`) would be in every URL we answer.
  const names = [issuer, ...aliases].flatMap((url) => {
    const { host, hostname, port } = new URL(url);
    return port ? [host] : [host, `${hostname}:443`];
  });
  return function host(ctx, next) {
    if (ctx.protocol !== 'https') throw new errors.InvalidRequest('TLS is required');
    for (const name of [ctx.host.toLowerCase(), targetOf(ctx)]) {
      if (!names.includes(name)) throw new errors.InvalidRequest('the request is for another host', 421);
    }
    return next();
  };
}
