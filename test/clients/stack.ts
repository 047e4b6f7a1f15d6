import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Metadata, quickstart, stacks } from '../../lib/clients/quickstart.ts';
import { type Config, loadConfig } from '../../lib/config/load.ts';
import { authorize, Browser } from '../../lib/demo/browser.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import { httpsFetch } from '../../lib/http/https_fetch.ts';
import { startServer } from '../../lib/server/server.ts';
import { prepared } from './prepared.ts';
import { person, signIn } from './sign_in.ts';

/** The sample client each snippet is run as. */
export const clients: Readonly<Record<string, string>> = {
  curl: 'tls_client_auth-mtls',
  'openid-client': 'private_key_jwt-dpop',
  oauth4webapi: 'private_key_jwt-dpop',
  'express-openid-connect': 'tls_client_auth-mtls',
  authjs: 'tls_client_auth-mtls',
  python: 'private_key_jwt-mtls',
  'requests-oauthlib': 'self_signed_tls_client_auth-mtls',
  go: 'tls_client_auth-mtls',
  rust: 'tls_client_auth-mtls',
};

/** The programs of the README, as they are printed for the development server. */
export async function snippets(): Promise<Record<string, () => string>> {
  const config = await loadConfig('config/development.yaml');
  const all = Object.keys(stacks).map((name) => {
    const id = clients[name] ?? 'private_key_jwt-mtls';
    const client = config.clients.find(({ client_id }) => client_id === id) as unknown as Metadata;
    const language = stacks[name]?.file.split('.').at(-1);
    const block = () => `\`\`\`${language}\n${quickstart(config, client, name).trim()}\n\`\`\``;
    return [`quickstart-${name}`, block] as const;
  });
  return Object.fromEntries(all);
}

/** Those that need nothing that is not installed. */
export const atHand = ['curl', 'openid-client', 'oauth4webapi', 'express-openid-connect', 'authjs'];

/** A development server with its own data folder, as `npm start` runs it. */
export class Development {
  readonly config: Config;
  readonly #folder: string;
  readonly #close: () => Promise<void>;

  private constructor(config: Config, folder: string, close: () => Promise<void>) {
    this.config = config;
    this.#folder = folder;
    this.#close = close;
  }

  /** Everything of this server's: its data, and what runs against it. */
  get folder(): string {
    return this.#folder;
  }

  /** A program as it is printed for a client. */
  printed(name: string, client_id: string): string {
    const client = this.config.clients.find((one) => one.client_id === client_id);
    return quickstart(this.config, client as unknown as Metadata, name);
  }

  static async start(...set: string[]): Promise<Development> {
    const folder = await mkdtemp(join(tmpdir(), 'clients-'));
    const [port, mtlsPort] = [await freePort(), await freePort()];
    const config = await loadConfig('config/development.yaml', {
      set: [
        `issuer=https://localhost:${port}`,
        `listen.port=${port}`,
        `mtls.port=${mtlsPort}`,
        `database.url="pglite:${join(folder, 'data')}"`,
        ...set,
      ],
    });
    const { close } = await startServer(config);
    return new Development(config, folder, close);
  }

  async close(): Promise<void> {
    await this.#close();
    await rm(this.#folder, { recursive: true });
  }

  #client(name: string): Metadata {
    return this.config.clients.find(({ client_id }) => client_id === clients[name]) as unknown as Metadata;
  }

  /**
   * Runs a snippet as it is printed, with a person in the browser. An application that listens does so at a port of its own.
   * @returns what it printed at its end, or showed in the browser
   */
  async run(name: string): Promise<string> {
    const folder = await mkdtemp(join(this.#folder, 'snippet-'));
    const file = join(folder, stacks[name]?.file ?? '');
    const program = quickstart(this.config, this.#client(name), name);
    await writeFile(file, program.replaceAll('3000', `${await freePort()}`));
    const [command = '', ...args] = await prepared(name, folder, file);
    const environment = {
      NODE_EXTRA_CA_CERTS: join(this.#folder, 'data/tls/authority.crt'),
      AUTH_SECRET: randomBytes(32).toString('hex'),
    };
    return this.#converse(name, spawn(command, args, { env: { ...process.env, ...environment } }));
  }

  async #converse(name: string, child: ChildProcessWithoutNullStreams): Promise<string> {
    const ended = once(child, 'close');
    let [printed, complained, shown] = ['', '', ''];
    child.stderr.on('data', (chunk) => {
      complained += chunk;
    });
    child.stdout.on('data', (chunk) => {
      const before = printed;
      printed += chunk;
      const [url] = toOpen.exec(printed) ?? [];
      if (!url || toOpen.test(before)) return;
      const answered = url.startsWith('http:') ? this.#visit(url, child) : this.#decide(url, child);
      answered.then(
        (page) => {
          shown = page;
        },
        (error) => {
          complained += error.stack;
          child.kill();
        },
      );
    });
    const [code] = await ended;
    if (code !== 0 && !shown) throw new Error(`${name} ended with ${code}: ${printed}${complained}`);
    return shown || printed;
  }

  /** A person decides at the provider, and gives the program the address they come back to. */
  async #decide(url: string, { stdin }: ChildProcessWithoutNullStreams): Promise<string> {
    const fetch = httpsFetch({ unverified: [this.config.issuer] });
    const back = await authorize(new Browser(fetch), new URL(url), person);
    stdin.write(`${back.url}\n`);
    return '';
  }

  /** A person signs in at an application. */
  async #visit(url: string, child: ChildProcessWithoutNullStreams): Promise<string> {
    const page = await signIn(url, this.config);
    child.kill();
    return page;
  }
}

/** The address a program asks a person to open: the provider's, or its own. */
const toOpen = /(https:\S+request_uri=\S+|http:\/\/127\.0\.0\.1:\d+\/)(?=\s)/;
