import { isIP, type Socket } from 'node:net';

import type { Context, Middleware } from 'koa';

import { ranges } from './networks.ts';

/** True for the address of a proxy that may speak for the client. */
export type Trusted = (address: string | undefined) => boolean;

// A name of 45 characters, brackets, quotes, a zone and a port; longer is none.
const longest = 100;

/**
 * An IP address out of a header or a socket, in one spelling: without quotes, brackets, port and zone, an IPv4 address inside
 * IPv6 as IPv4. `undefined` for whatever else stands there.
 *
 * @see [RFC 7239 section 6 - Node Identifiers](https://www.rfc-editor.org/rfc/rfc7239.html#section-6)
 */
export function addressOf(text: string | undefined): string | undefined {
  if (!text || text.length > longest) return undefined;
  const plain = text.trim().replace(/^"(.*)"$/, '$1');
  const [, bracketed, v4] = /^\[([^\]]+)\](?::\d{1,5})?$|^([\d.]+):\d{1,5}$/.exec(plain) ?? [];
  const address = (bracketed ?? v4 ?? plain).replace(/%[\w.~-]+$/, '');
  if (isIP(address) === 4) return bracketed ? undefined : address;
  if (isIP(address) !== 6) return undefined;
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [, high = '', low = ''] = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(canonical) ?? [];
  if (!high) return canonical;
  return [high, low].flatMap((half) => [Number(`0x${half}`) >> 8, Number(`0x${half}`) & 0xff]).join('.');
}

/**
 * Makes the test for proxies.
 *
 * @param written networks or single addresses: `10.0.0.0/8`, `fd00::/8`.
 */
export function trustedProxies(written: readonly string[] = []): Trusted {
  const list = ranges(written);
  return (text) => {
    const address = addressOf(text);
    return address !== undefined && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  };
}

const forwardedHeaders = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'] as const;
// Nothing here reads these; they go so that nothing behind us believes them. `Forwarded` is optional (RFC 7239 section 4), and
// most proxies that write `X-Forwarded-For` pass on a `Forwarded` that the client has written: it would speak for anybody.
const neverRead = ['forwarded', 'x-forwarded-port', 'x-forwarded-prefix', 'x-forwarded-ssl', 'x-real-ip'] as const;

const last = (list: string) => list.slice(list.lastIndexOf(',') + 1).trim();

function strip({ req }: Context, names: readonly string[]): void {
  // Deleting what is not there would still make a slow object of the headers.
  for (const name of names) if (req.headers[name] !== undefined) delete req.headers[name];
}

/**
 * The nearest address that is no proxy's; `undefined` where a proxy wrote something that is no address, so that the
 * client's is not known.
 */
function clientAddress(list: string, trusted: Trusted): string | undefined {
  let nearest: string | undefined;
  for (const entry of list.split(',').reverse()) {
    const address = addressOf(entry);
    if (!address || !trusted(address)) return address;
    nearest ??= address;
  }
  return nearest;
}

/**
 * Removes headers that speak for the client, unless a trusted proxy sent them; of a list, only what that proxy itself
 * appended is kept, since everything before came from the client. The application's `proxy` setting may be on behind
 * this. Where the address is none, the peer's is left.
 *
 * @param certificateHeaders names, in lower case, of the headers that stand for a client's certificate.
 * @see [RFC 9700 section 4.13 - TLS Terminating Reverse Proxies](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.13)
 */
export function forwarded(
  trusted: Trusted = trustedProxies(),
  certificateHeaders: readonly string[] = ['client-cert', 'client-cert-chain'],
): Middleware {
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
        const said = name === 'x-forwarded-for' ? clientAddress(value, trusted) : last(value);
        if (said) ctx.req.headers[name] = said;
        else delete ctx.req.headers[name];
      }
    } else {
      strip(ctx, forwardedHeaders);
      strip(ctx, certificateHeaders);
    }
    return next();
  };
}
