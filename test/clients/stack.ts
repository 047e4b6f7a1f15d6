import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { type Metadata, quickstart, stacks } from '../../lib/commands/quickstart.ts';
import { type Config, loadConfig } from '../../lib/config/load.ts';
import { authorize, Browser } from '../../lib/demo/browser.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import { httpsFetch } from '../../lib/http/https_fetch.ts';
import { startServer } from '../../lib/server/server.ts';

const execute = promisify(execFile);

/** The sample client each snippet is run as. */
export const clients: Readonly<Record<string, string>> = {
  curl: 'tls_client_auth-mtls',
  'openid-client': 'private_key_jwt-dpop',
  oauth4webapi: 'private_key_jwt-dpop',
  python: 'private_key_jwt-mtls',
  'requests-oauthlib': 'self_signed_tls_client_auth-mtls',
  go: 'tls_client_auth-mtls',
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
export const atHand = ['curl', 'openid-client', 'oauth4webapi'];

/** Installs what a snippet is written with; the answer is the command that runs it. */
async function prepared(name: string, folder: string, file: string): Promise<readonly string[]> {
  if (/^(python|requests)/.test(name)) {
    await execute('python3', ['-m', 'venv', join(folder, 'venv')]);
    await execute(join(folder, 'venv/bin/pip'), [
      'install',
      '-q',
      'authlib~=1.9',
      'requests~=2.34',
      'requests-oauthlib~=2.0',
    ]);
    return [join(folder, 'venv/bin/python'), file];
  }
  if (name === 'go') {
    await execute('go', ['mod', 'init', 'client'], { cwd: folder });
    await execute('go', ['get', 'golang.org/x/oauth2@v0.38.0'], { cwd: folder });
    await execute('go', ['build', '-o', 'client', 'main.go'], { cwd: folder });
    return [join(folder, 'client')];
  }
  if (name === 'curl') return ['bash', file];
  await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  return [process.execPath, file];
}

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

  /** Runs a snippet as it is printed, with a person in the browser; the answer is what it printed at its end. */
  async run(name: string): Promise<string> {
    const folder = await mkdtemp(join(this.#folder, 'snippet-'));
    const file = join(folder, stacks[name]?.file ?? '');
    await writeFile(file, quickstart(this.config, this.#client(name), name));
    const [command = '', ...args] = await prepared(name, folder, file);
    const NODE_EXTRA_CA_CERTS = join(this.#folder, 'data/tls/authority.crt');
    const child = spawn(command, args, { env: { ...process.env, NODE_EXTRA_CA_CERTS } });
    const ended = once(child, 'close');
    let [printed, complained] = ['', ''];
    child.stderr.on('data', (chunk) => {
      complained += chunk;
    });
    child.stdout.on('data', (chunk) => {
      const before = printed;
      printed += chunk;
      const [url] = /https:\S+request_uri=\S+(?=\s)/.exec(printed) ?? [];
      if (!url || /request_uri=\S+\s/.test(before)) return;
      this.#decide(url).then(
        (back) => child.stdin.write(`${back}\n`),
        () => child.kill(),
      );
    });
    const [code] = await ended;
    if (code !== 0) throw new Error(`${name} ended with ${code}: ${printed}${complained}`);
    return printed;
  }

  async #decide(url: string): Promise<URL> {
    const fetch = httpsFetch({ unverified: [this.config.issuer] });
    return (await authorize(new Browser(fetch), new URL(url), { login: 'demo', password: 'demo' })).url;
  }
}
