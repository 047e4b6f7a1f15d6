import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';

import { form } from '../http/media_types.ts';

/** An answer, its body parsed where it is JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Thrown at the first 429: a check is no attack, and goes no further than it is let. */
export class TooManyRequests extends Error {
  override readonly name = 'TooManyRequests';
}

const longest = 1024 * 1024;

/** Asks one provider, and counts. */
export class Wire {
  sent = 0;
  readonly #ca: Buffer | undefined;
  readonly #tls: ConnectionOptions;

  private constructor(ca: Buffer | undefined, tls: ConnectionOptions) {
    this.#ca = ca;
    this.#tls = tls;
  }

  static async open(ca?: string, tls: ConnectionOptions = {}): Promise<Wire> {
    return new Wire(ca === undefined ? undefined : await readFile(ca), tls);
  }

  ask(
    url: string,
    {
      method = 'GET',
      headers = {},
      body,
    }: { method?: string; headers?: Record<string, string>; body?: URLSearchParams } = {},
  ): Promise<Answer> {
    this.sent += 1;
    const { hostname } = new URL(url);
    const type = body ? { 'content-type': form } : {};
    const tls = { ...this.#tls, ...(this.#ca && { ca: this.#ca }) };
    return new Promise((resolve, reject) => {
      const options = { method, ...tls, servername: hostname, headers: { ...type, ...headers }, timeout: 10_000 };
      const sent = request(url, options, (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > longest) response.destroy(new Error(`${url} answers more than a megabyte`));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode: status = 0, headers: received } = response;
          if (status === 429) return reject(new TooManyRequests(`${url} answered 429 after ${this.sent} requests`));
          const text = Buffer.concat(chunks).toString();
          resolve({ status, headers: received, text, body: parsed(text) });
        });
      });
      sent.on('timeout', () => sent.destroy(new Error(`${url} does not answer within ten seconds`)));
      sent.on('error', reject);
      sent.end(body?.toString());
    });
  }

  post(url: string, fields: Readonly<Record<string, string>>, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(url, { method: 'POST', body: new URLSearchParams(fields), headers });
  }

  /** The protocol and suite of a handshake with these options, or `undefined` where it is refused. */
  handshake(url: string, options: ConnectionOptions): Promise<{ protocol: string; suite: string } | undefined> {
    this.sent += 1;
    const { hostname, port } = new URL(url);
    return new Promise((resolve) => {
      const socket: TLSSocket = connect(
        { host: hostname, port: Number(port || 443), servername: hostname, rejectUnauthorized: false, ...options },
        () => {
          resolve({ protocol: `${socket.getProtocol()}`, suite: socket.getCipher().name });
          socket.destroy();
        },
      );
      socket.setTimeout(10_000, () => socket.destroy());
      socket.on('error', () => resolve(undefined));
      socket.on('close', () => resolve(undefined));
    });
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
