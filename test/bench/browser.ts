import { randomInt, randomUUID } from 'node:crypto';

import { Cookies } from '../../lib/demo/cookies.ts';
import { issuer, redirectUri, request } from './client.ts';
import type { Reply } from './connection.ts';

/** An answer that is no page, no redirect, but an error. */
export class UnexpectedReply extends Error {
  override readonly name = 'UnexpectedReply';
  readonly reply: Reply;

  constructor(path: string, reply: Reply) {
    super(`${path}: status ${reply.status}: ${reply.body.slice(0, 500)}`);
    this.reply = reply;
  }
}

/** What a person's browser does in a flow, and no more: keeps cookies, follows redirects, fills and posts forms. */
export class Browser {
  readonly #exchange: (request: string) => Promise<Reply>;
  /** Somebody else at another place each time, in the network set aside for benchmarks (RFC 2544): guesses are counted by both. */
  readonly #login = randomUUID();
  readonly #address = `198.18.${randomInt(256)}.${randomInt(256)}`;
  readonly #cookies = new Cookies();

  constructor(exchange: (request: string) => Promise<Reply>) {
    this.#exchange = exchange;
  }

  /** Logs in and consents until the server sends the browser back to the client; answers that address. */
  async authorize(path: string): Promise<URL> {
    let at = path;
    let reply = await this.get(at);
    for (let hops = 0; hops < 20; hops++) {
      if (reply.status === 302 || reply.status === 303) {
        const location = new URL(header(reply, 'location') ?? '', issuer);
        if (location.href.startsWith(redirectUri)) return location;
        at = location.pathname + location.search;
        reply = await this.get(at);
      } else if (reply.status === 200) {
        const { action, fields } = fillForm(reply.body, this.#login);
        const target = new URL(action, issuer + at);
        at = target.pathname + target.search;
        reply = await this.#send('POST', at, fields);
      } else {
        throw new UnexpectedReply(at, reply);
      }
    }
    throw new Error(`${path}: too many redirects`);
  }

  get(path: string): Promise<Reply> {
    return this.#send('GET', path);
  }

  post(path: string, body = ''): Promise<Reply> {
    return this.#send('POST', path, body);
  }

  /** A request with this browser's cookies, for others to send. */
  written(method: string, path: string, body = ''): string {
    const cookie = this.#cookies.for(path.split('?', 1)[0] ?? path);
    const headers = {
      accept: 'text/html',
      'x-forwarded-for': this.#address,
      ...(cookie && { cookie }),
      ...(method === 'POST' && { origin: issuer, 'sec-fetch-site': 'same-origin' }),
    };
    return request(method, path, headers, body);
  }

  async #send(method: string, path: string, body = ''): Promise<Reply> {
    const reply = await this.#exchange(this.written(method, path, body));
    for (const [, set] of reply.head.matchAll(/\r\nset-cookie: *([^\r]*)/gi)) this.#cookies.keep(set ?? '');
    return reply;
  }
}

export function header(reply: Reply, name: string): string | undefined {
  return new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i').exec(reply.head)?.[1];
}

function fillForm(page: string, login: string): { action: string; fields: string } {
  const forms = [...page.matchAll(/<form([^>]*)>([\s\S]*?)<\/form>/g)];
  const [, tag = '', content = ''] = forms.find((form) => form[2]?.includes('value="continue"')) ?? forms[0] ?? [];
  const fields = new URLSearchParams();
  for (const [input] of content.matchAll(/<(?:input|button)[^>]*>/g)) {
    const name = attribute(input, 'name');
    const value = attribute(input, 'value') ?? '';
    if (name === undefined || value === 'abort' || name === 'ask_again') continue;
    fields.set(name, name === 'login' || name === 'password' ? login : value);
  }
  return { action: attribute(tag, 'action') ?? '', fields: fields.toString() };
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
  return value?.replace(/&(?:#x([0-9a-f]+)|#(\d+)|amp);/gi, (_, hex?: string, decimal?: string) =>
    hex ? String.fromCodePoint(Number.parseInt(hex, 16)) : decimal ? String.fromCodePoint(Number(decimal)) : '&',
  );
}
