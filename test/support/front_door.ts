import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ended } from './ended.ts';
import { succeeds, until } from './until.ts';

export type Make = 'nginx' | 'haproxy';

interface Parts {
  /** Where the proxy listens, ports `everyonePort` and `mtlsPort`. */
  readonly address: string;
  /** Where the nodes listen, port 3000. */
  readonly nodes: readonly [string, string, ...string[]];
  /** The issuer's host, as nodes are asked for it by health checks. */
  readonly host?: string;
  readonly cert: string;
  readonly key: string;
  /** PEM of the authorities of clients. */
  readonly authorities: string;
}

/** Stands for 443. */
export const everyonePort = 8442;
export const mtlsPort = 8443;
const files = { nginx: 'nginx.conf', haproxy: 'haproxy.cfg' };

/** The shipped file, with the addresses and folders of this run in place of those it names. */
function configuration(make: Make, folder: string, { address, nodes, host = 'as.example.com' }: Parts): string {
  const text = readFileSync(new URL(`../../config/proxy/${files[make]}`, import.meta.url), 'utf8');
  const placed = text
    // Not everyone may listen on 443.
    .replace(/\b443 ssl/, `${everyonePort} ssl`)
    .replaceAll('/etc/oidc-provider-fapi/', `${folder}/`)
    .replaceAll('10.0.0.11', nodes[0])
    .replaceAll('10.0.0.12', nodes[1])
    .replaceAll('as.example.com', host);
  if (make === 'haproxy') {
    const more = nodes.slice(2).map((node, index) => `  server more${index} ${node}:3000\n`);
    return placed
      .replaceAll(/bind :/g, `bind ${address}:`)
      .trimEnd()
      .concat('\n', ...more);
  }
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  return placed.replaceAll(/listen (\d+)/g, `listen ${address}:$1`).replace('http {', `http { ${temporary.join(' ')}`);
}

/** A proxy from Debian that runs a file of `config/proxy`. */
export class FrontDoor {
  readonly #process: ChildProcess;
  readonly #folder: string;
  #said = '';

  private constructor(process: ChildProcess, folder: string) {
    this.#process = process;
    this.#folder = folder;
    process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
  }

  static async open(make: Make, parts: Parts): Promise<FrontDoor> {
    const folder = mkdtempSync(join(tmpdir(), `${make}-`));
    writeFileSync(join(folder, 'tls.crt'), parts.cert);
    writeFileSync(join(folder, 'tls.key'), parts.key);
    writeFileSync(join(folder, 'tls.pem'), `${parts.cert}\n${parts.key}`);
    writeFileSync(join(folder, 'clients-ca.crt'), parts.authorities);
    const file = join(folder, files[make]);
    writeFileSync(file, configuration(make, folder, parts));
    const global = `daemon off; pid ${join(folder, 'nginx.pid')}; error_log stderr;`;
    const args = make === 'nginx' ? ['-p', folder, '-e', 'stderr', '-c', file, '-g', global] : ['-db', '-f', file];
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
    const door = new FrontDoor(spawn(make, args, { env, stdio: ['ignore', 'ignore', 'pipe'] }), folder);
    for (const port of [everyonePort, mtlsPort]) await door.#answers(parts.address, port);
    return door;
  }

  async #answers(host: string, port: number): Promise<void> {
    const listens = async () => {
      if (this.#process.exitCode !== null) throw new Error(`the proxy ended\n${this.#said}`);
      const socket = connect(port, host);
      return succeeds(once(socket, 'connect')).finally(() => socket.destroy());
    };
    await until(listens, 50, { why: () => `that the proxy listens on ${host}:${port}\n${this.#said}` });
  }

  async close(): Promise<void> {
    await ended(this.#process);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
