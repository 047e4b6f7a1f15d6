import { once } from 'node:events';
import http, { type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import https, { type ServerOptions } from 'node:https';
import type { SecureContextOptions } from 'node:tls';

import type Koa from 'koa';

import { listening } from './listening.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a body is whatever the test says it is
  readonly body: any;
}

export interface Ask extends RequestOptions, Pick<SecureContextOptions, 'cert' | 'key' | 'ciphers'> {
  readonly body?: string | Iterable<string>;
}

/** A Koa application behind a real socket, and what a client needs to speak to it. */
export interface Listener {
  readonly server: https.Server;
  readonly port: number;
  readonly origin: string;
  ask(path: string, options?: Ask): Promise<Answer>;
  close(): Promise<void>;
}

async function answer(request: http.ClientRequest, body: Ask['body']): Promise<Answer> {
  // A server may answer before it has read everything; what the socket says after that does not matter.
  const response = once(request, 'response') as Promise<[http.IncomingMessage]>;
  if (typeof body === 'string') request.end(body);
  else {
    for (const chunk of body ?? []) request.write(chunk);
    request.end();
  }
  const [message] = await response;
  request.on('error', () => {});
  const text = (await message.setEncoding('utf8').toArray()).join('');
  const isJson = text !== '' && message.headers['content-type']?.includes('json');
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  };
}

/** Listens on a free port; without `tls` in clear, as behind a proxy. */
export async function listen(app: Koa, tls?: ServerOptions): Promise<Listener> {
  const server = tls ? https.createServer(tls, app.callback()) : http.createServer(app.callback());
  const { port, close } = await listening(server);
  return {
    server: server as https.Server,
    port,
    origin: `${tls ? 'https' : 'http'}://localhost:${port}`,
    ask(path, { body, ...options } = {}) {
      const all = { host: '127.0.0.1', port, path, agent: false as const, rejectUnauthorized: false, ...options };
      all.headers = { host: `localhost:${port}`, ...(options.headers as Record<string, string>) };
      return answer(tls ? https.request(all) : http.request(all), body);
    },
    close,
  };
}
