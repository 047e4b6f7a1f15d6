import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import { OperationalError } from '../errors.ts';
import { bareHost, isLocal } from '../http/address.ts';
import type { Resources } from '../resources.ts';
import { listenLocally } from './listen.ts';

/** How long a person is waited for, in minutes; what was pushed has expired by then at any provider of the profile. */
const patience = 10;
/** How often an address is asked for that is not the redirect URI. */
const tries = 5;

/** A person at a provider that is not ours: their own browser, and the way back from it. */
export interface OwnBrowser {
  /** The redirect URI to push: that of the client, with the port that is listened on where it has none. */
  readonly redirectUri: string;
  /** Has the person open an address. @returns where the provider sent them back to */
  readonly authorize: (url: URL) => Promise<URL>;
}

export interface OwnBrowserOptions {
  readonly input: Readable;
  say(text: string): void;
}

const invitation = (url: URL) => `\n    open in your browser, log in, allow it:\n    ${url}\n`;

const late = () => new OperationalError(`nobody came back within ${patience} minutes`);

/** Settles as the promise does, or fails when nobody came. */
async function withPatience<T>(coming: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const gone = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), patience * 60_000);
  });
  return Promise.race([coming, gone]).finally(() => clearTimeout(timer));
}

/** Listens on the loopback address, as a native client does (RFC 8252 section 7.3). */
async function listening(registered: URL, { say }: OwnBrowserOptions, resources: Resources): Promise<OwnBrowser> {
  const arrival = Promise.withResolvers<string>();
  const server = createServer((request, response) => {
    const { pathname } = new URL(`${request.url}`, registered);
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    response.setHeader('connection', 'close');
    if (request.method !== 'GET' || pathname !== registered.pathname) return response.writeHead(404).end('Not here.\n');
    response.end('You are back at the client. Close this page and read on in the terminal.\n');
    return arrival.resolve(`${request.url}`);
  });
  const back = new URL(registered);
  back.port = `${await listenLocally(server, {
    port: Number(registered.port),
    host: bareHost(registered.hostname),
    advice: 'stop it, or register another redirect_uri',
  })}`;
  resources.add(server, () => {
    server.closeAllConnections();
    server.close();
  });
  return {
    redirectUri: back.href,
    async authorize(url) {
      say(invitation(url));
      return new URL(await withPatience(arrival.promise), back);
    },
  };
}

/** Asks for the address the browser ended at, where nothing can listen. */
function pasting(registered: URL, { input, say }: OwnBrowserOptions, resources: Resources): OwnBrowser {
  const fits = (line: string) =>
    URL.canParse(line) &&
    new URL(line).origin === registered.origin &&
    new URL(line).pathname === registered.pathname &&
    new URL(line).search !== '';
  return {
    redirectUri: registered.href,
    async authorize(url) {
      say(invitation(url));
      say(`    then paste the address you come back to, which begins with ${registered.href}\n`);
      const lines = createInterface({ input });
      resources.add(lines, () => lines.close());
      async function pasted(): Promise<URL> {
        let left = tries;
        for await (const line of lines) {
          if (fits(line.trim())) return new URL(line.trim());
          left -= 1;
          if (left === 0) break;
          if (line.trim()) say(`    this is not it: it begins with ${registered.href} and has a query\n`);
        }
        throw new OperationalError(`no address that begins with ${registered.href} was pasted`);
      }
      return withPatience(pasted());
    },
  };
}

/**
 * Prepares for a person to authorize in their own browser.
 *
 * @throws {OperationalError} where the port of a loopback redirect URI is taken.
 */
export async function ownBrowser(
  redirectUri: string,
  options: OwnBrowserOptions,
  resources: Resources,
): Promise<OwnBrowser> {
  const registered = new URL(redirectUri);
  return registered.protocol === 'http:' && isLocal(registered.hostname)
    ? listening(registered, options, resources)
    : pasting(registered, options, resources);
}
