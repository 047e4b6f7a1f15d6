import { BlockList, isIP, type Socket } from 'node:net';

import type { Context, Middleware } from 'koa';

/** Whether an address is a proxy's that may speak for the client. */
export type Trusted = (address: string | undefined) => boolean;

/** `10.0.0.0/8`, `fd00::/8` or a single address. */
export function trustedProxies(ranges: readonly string[] = []): Trusted {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(address, Number(prefix ?? (family === 'ipv6' ? 128 : 32)), family);
  }
  // BlockList knows that ::ffff:10.0.0.1 is 10.0.0.1.
  return (address = '') => isIP(address) > 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

const forwardedHeaders = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'] as const;
// Nothing here reads these; they go so that nothing behind us believes them.
const neverRead = ['forwarded', 'x-forwarded-port', 'x-forwarded-prefix', 'x-forwarded-ssl', 'x-real-ip'] as const;
const certificateHeaders = ['client-cert', 'client-cert-chain'] as const;

const last = (list: string) => list.slice(list.lastIndexOf(',') + 1).trim();

function strip({ req }: Context, names: readonly string[]): void {
  // Deleting what is not there would still make a slow object of the headers.
  for (const name of names) if (req.headers[name] !== undefined) delete req.headers[name];
}

/**
 * Headers that speak for the client count only from a trusted proxy, and of a list only what that proxy itself
 * appended: everything before came from the client. The application's `proxy` setting may be on behind this.
 *
 * @see [RFC 9700 section 4.13 - TLS Terminating Reverse Proxies](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.13)
 */
export function forwarded(trusted: Trusted = trustedProxies()): Middleware {
  const known = new WeakMap<Socket, boolean>();
  const speaksForOthers = (socket: Socket): boolean => {
    const answer = known.get(socket) ?? trusted(socket.remoteAddress);
    known.set(socket, answer);
    return answer;
  };
  return function forwarded(ctx, next) {
    strip(ctx, neverRead);
    if (speaksForOthers(ctx.req.socket)) {
      for (const name of forwardedHeaders) {
        const value = ctx.get(name);
        if (!value) continue;
        const entries = value.split(',').map((entry) => entry.trim());
        ctx.req.headers[name] =
          name === 'x-forwarded-for' ? (entries.findLast((entry) => !trusted(entry)) ?? last(value)) : last(value);
      }
    } else {
      strip(ctx, forwardedHeaders);
      strip(ctx, certificateHeaders);
    }
    return next();
  };
}
