import type { IncomingMessage, RequestListener } from 'node:http';

/** A path that no route has. */
const nowhere = '/.nowhere';

const wellKnown = '/.well-known/oauth-authorization-server';

/** The part of an issuer identifier that endpoints stand under; empty where they stand at the root. */
export const pathOf = (issuer: string): string => new URL(issuer).pathname.replace(/\/$/, '');

/**
 * Serves a handler under a path, and nothing beside it but the metadata document, whose well-known string stands before
 * the issuer's path.
 *
 * @see [RFC 8414 section 3.1](https://www.rfc-editor.org/rfc/rfc8414.html#section-3.1)
 */
export function mounted(handler: RequestListener, path: string): RequestListener {
  if (path === '') return handler;
  return function mounted(req: IncomingMessage & { baseUrl?: string }, res) {
    const url = req.url ?? '/';
    const [pathname = ''] = url.split('?', 1);
    // Core reads the path it stands under from here, as Express leaves it. `originalUrl` would be searched for the route's
    // own path, which may stand in the issuer's as well.
    req.baseUrl = path;
    if (pathname === wellKnown + path) req.url = wellKnown + url.slice(pathname.length);
    else if (pathname === path || pathname.startsWith(`${path}/`))
      req.url = url.slice(path.length).replace(/^(?!\/)/, '/');
    // Answered as any path is at which there is nothing.
    else req.url = nowhere;
    handler(req, res);
  };
}
