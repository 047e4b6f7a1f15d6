import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { SecureContextOptions } from 'node:tls';

import { bareHost } from './address.ts';
import { form } from './media_types.ts';

/** TLS settings of a client: the certificate it shows, and the authorities it trusts. */
export interface HttpsFetchOptions extends Pick<SecureContextOptions, 'cert' | 'key' | 'ca'> {
  /** Origins whose certificate is not looked at: a development provider's, which made its certificate itself. */
  readonly unverified?: readonly string[];
}

/** The options of `fetch` that client libraries use. */
export interface FetchOptions {
  readonly method?: string | undefined;
  readonly headers?: Record<string, string> | Headers | undefined;
  readonly body?: unknown;
  readonly signal?: AbortSignal | null | undefined;
}

const bodiless = [204, 205, 304];

/**
 * A `fetch` that can show a client certificate, which the one of Node has no option for. It follows no redirect and reads
 * every body to its end.
 */
export function httpsFetch({ unverified = [], ...tls }: HttpsFetchOptions = {}) {
  const verified = new Agent({ keepAlive: true, ...tls });
  const trusting = new Agent({ keepAlive: true, ...tls, rejectUnauthorized: false });
  return async function httpsFetch(
    input: string | URL,
    { method = 'GET', headers, body, signal }: FetchOptions = {},
  ): Promise<Response> {
    const url = new URL(input);
    const fields = new Headers(headers);
    if (body instanceof URLSearchParams) fields.set('content-type', `${form};charset=UTF-8`);
    const agent = unverified.includes(url.origin) ? trusting : verified;
    // Or it would be taken from a Host header. An address has none (RFC 6066 section 3).
    const servername = isIP(bareHost(url.hostname)) ? '' : url.hostname;
    const sent = httpsRequest(url, {
      method,
      agent,
      servername,
      headers: Object.fromEntries(fields),
      ...(signal && { signal }),
    });
    sent.end(body == null ? undefined : String(body));
    const [message] = (await once(sent, 'response')) as [IncomingMessage];
    const received = new Headers();
    for (const [name, values] of Object.entries(message.headersDistinct)) {
      for (const value of values ?? []) received.append(name, value);
    }
    const content = Buffer.concat(await message.toArray());
    const status = message.statusCode ?? 0;
    return new Response(bodiless.includes(status) ? null : content, { status, headers: received });
  };
}

export type HttpsFetch = ReturnType<typeof httpsFetch>;
