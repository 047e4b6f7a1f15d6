import { lookup as lookUp } from 'node:dns';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import tls, { type ConnectionOptions } from 'node:tls';

import { z } from 'zod';

import { cidr, file } from '../values.ts';
import { bareHost } from './address.ts';
import { type Reachable, reachable } from './networks.ts';

const hostName = /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i;

/** A range of addresses, or the name of a host; a name of digits alone would be an address that is misspelt. */
const destination = z
  .string()
  .refine(
    (value) => cidr.safeParse(value).success || (hostName.test(value) && !/^[\d.]+$/.test(value)),
    'is no range of addresses and no name of a host, write for example 10.0.0.0/8, keys.example.com or *.example.com',
  );

// Nothing says what is written: it may carry a password.
const proxyUrl = z.string().refine((value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash;
}, 'is no address of a proxy, write http://host:port, or http://user:password@host:port');

/** Settings of the requests this server makes itself. */
export const outboundSettings = z.strictObject({
  allow: z
    .array(destination)
    .default([])
    .describe('addresses and hosts of inner networks that may be asked besides the public Internet'),
  proxy: proxyUrl
    .optional()
    .describe('an HTTP proxy all of them go through by CONNECT; it resolves the names, and says what it reaches'),
  ca: z
    .array(file)
    .default([])
    .describe('certificate authorities they trust besides the usual ones, PEM; relative to the configuration file'),
});

/** Settings of outgoing requests in code: as in the file, and `ca` is PEM text. */
export type OutboundSettings = z.input<typeof outboundSettings>;

/** Bytes of an answer that are read at most. */
const longestAnswer = 256 * 1024;

/** Milliseconds a request may take, from the name's look-up to the last byte. */
const longestTime = 5000;

type Outgoing = Readonly<
  Pick<RequestInit, 'method' | 'headers' | 'redirect'> & { body?: unknown; signal?: AbortSignal | null }
>;

/**
 * A `fetch` for addresses that somebody else has written: a client's jwks_uri, sector_identifier_uri or logout endpoint. Only
 * https; an address is judged when it is connected to, so that a name server cannot say one thing first and another later; no
 * redirect is followed; the answer is bounded in bytes and time.
 *
 * @throws {TypeError} for settings that are none.
 * @see [OWASP - Server-Side Request Forgery Prevention](https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html)
 */
export function outboundFetch(
  given: OutboundSettings = {},
): (url: string | URL, options?: Outgoing) => Promise<Response> {
  const { success, data: settings, error } = outboundSettings.safeParse(given);
  if (!success) throw new TypeError(`outbound.${error.issues[0]?.path.join('.')} ${error.issues[0]?.message}`);
  const may = reachable(settings.allow);
  const trust: ConnectionOptions = {
    minVersion: 'TLSv1.2',
    ...(settings.ca.length > 0 && { ca: [...usualAuthorities(), ...settings.ca] }),
  };
  const proxy = settings.proxy === undefined ? undefined : new URL(settings.proxy);
  return async function outbound(url, { signal, redirect, ...options } = {}) {
    const target = new URL(url);
    const limit = AbortSignal.timeout(longestTime);
    const ends = signal ? AbortSignal.any([signal, limit]) : limit;
    try {
      if (target.protocol !== 'https:') throw new TypeError('only https is asked');
      const why = may.refused(target.hostname);
      if (why) throw new TypeError(why);
      const connection: https.RequestOptions = proxy
        ? { createConnection: tlsOver(await tunnel(proxy, target, trust, ends), target, trust) }
        : { lookup: judgedLookup(may), ...trust, agent: false };
      return await ask(target, options, { ...connection, signal: ends });
    } catch (cause) {
      throw new TypeError(`${target.origin} cannot be asked`, { cause: ends.aborted ? tooLong(cause) : cause });
    }
  };
}

/** The authorities this process trusts. Node before 22.15 cannot say which of them the environment adds. */
const usualAuthorities = (): readonly string[] => tls.getCACertificates?.('default') ?? tls.rootCertificates;

const tooLong = (cause: unknown) => new Error('it took too long', { cause });

/** Answers the addresses of a name that may be connected to: the connection goes to one of them, and to no other. */
const judgedLookup =
  (may: Reachable): LookupFunction =>
  (host, options, callback) => {
    lookUp(host, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const permitted = may.named(host) ? found : found.filter(({ address }) => may.address(address));
      if (permitted.length > 0) {
        const [first] = permitted;
        return options.all ? callback(null, permitted) : callback(null, first?.address ?? '', first?.family);
      }
      const addresses = found
        .slice(0, 3)
        .map(({ address }) => address)
        .join(', ');
      callback(new TypeError(`${host} is ${addresses}, inside, and outbound.allow does not name it`), []);
    });
  };

/** Asks a proxy for a way to a host. Its credentials stand in no error. */
async function tunnel(proxy: URL, target: URL, trust: ConnectionOptions, signal: AbortSignal): Promise<Duplex> {
  const place = `${target.hostname}:${target.port || 443}`;
  const headers: Record<string, string> = { host: place };
  const credentials = [proxy.username, proxy.password].map(decodeURIComponent).join(':');
  if (credentials !== ':') headers['proxy-authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`;
  const { request } = proxy.protocol === 'https:' ? https : http;
  const connecting = request({
    host: bareHost(proxy.hostname),
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: place,
    headers,
    agent: false,
    signal,
    ...trust,
  }).end();
  try {
    // Node emits it whatever the status.
    const [{ statusCode }, socket] = (await once(connecting, 'connect')) as [IncomingMessage, Duplex];
    if (statusCode === 200) return socket;
    socket.destroy();
    throw new Error(`it answers ${statusCode}`);
  } catch (cause) {
    throw new Error(`the proxy ${proxy.host} opens no way to ${place}`, { cause });
  }
}

const tlsOver =
  (socket: Duplex, { hostname }: URL, trust: ConnectionOptions) =>
  () =>
    tls.connect({ ...trust, socket, ...named(bareHost(hostname)) });

/** Options of TLS for a host. Only a name is sent to the server; an address is compared with the certificate alone. */
const named = (host: string): ConnectionOptions => (isIP(host) > 0 ? { host } : { host, servername: host });

async function ask(
  target: URL,
  { method = 'GET', headers, body }: Omit<Outgoing, 'signal' | 'redirect'>,
  connection: https.RequestOptions,
): Promise<Response> {
  const text = body === undefined || body === null ? undefined : `${body}`;
  // A connection is not kept: nobody is asked often, and whoever was judged before may be somebody else by now.
  const sent = { ...Object.fromEntries(new Headers(headers)), 'accept-encoding': 'identity', connection: 'close' };
  const request = https.request(target, { ...connection, method, headers: sent }).end(text);
  // It fails once more when it is destroyed, and nobody waits for that.
  request.on('error', () => {});
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  try {
    return await readAnswer(response);
  } finally {
    request.destroy();
  }
}

async function readAnswer(response: IncomingMessage): Promise<Response> {
  const { statusCode: status = 0, headers } = response;
  if (status >= 300 && status < 400) throw new Error(`it answers ${status}, and no redirect is followed`);
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new Error(`it answers with content-encoding ${headers['content-encoding']}, which was not asked for`);
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    length += chunk.length;
    if (length > longestAnswer) throw new Error(`its answer is larger than ${longestAnswer} bytes`);
    chunks.push(chunk);
  }
  const listed = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => [name, one] as [string, string]),
  );
  return new Response([204, 205].includes(status) ? null : Buffer.concat(chunks), { status, headers: listed });
}
