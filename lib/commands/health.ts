import http from 'node:http';
import https from 'node:https';

import type { Command } from 'commander';

import { loadConfig } from '../config/load.ts';
import { OperationalError, UsageError } from '../errors.ts';
import { bareHost, urlHost } from '../http/address.ts';
import { examples, type Options } from './command.ts';

export const summary = 'ask a running server whether it is ready: exit code 0 when it is, 1 when it is not';

interface HealthOptions extends Partial<Options> {
  readonly url?: string;
  readonly live: boolean;
}

/** Milliseconds a server has for an answer. */
const patience = 5000;
/** Characters of an answer that are read at most. */
const longest = 100_000;

/**
 * Asks a server by HTTP. Its certificate is not verified, since it is not for the name of the loopback; nothing secret
 * is asked or told.
 */
function get(url: URL): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const options = { timeout: patience, agent: false as const };
    const request =
      url.protocol === 'https:' ? https.get(url, { ...options, rejectUnauthorized: false }) : http.get(url, options);
    request.on('timeout', () => request.destroy(new Error(`no answer within ${patience / 1000} s`)));
    request.on('error', reject);
    request.on('response', async (response) => {
      let body = '';
      for await (const part of response.setEncoding('utf8')) body = (body + part).slice(0, longest);
      resolve({ status: response.statusCode ?? 0, body });
    });
  });
}

/**
 * The address of the listener for operators, by the configuration file. A listener on every interface is asked on the
 * loopback.
 */
async function urlOf({ config: file, set = [] }: Partial<Options>): Promise<string> {
  if (file === undefined) throw new UsageError('name the file by --config, or the listener by --url');
  const { management } = await loadConfig(file, { set });
  if (!management) throw new UsageError(`${file} has no management, write management: { port: 9090 } in it`);
  const { host, port, tls } = management;
  const own = { '0.0.0.0': '127.0.0.1', '::': '::1' }[bareHost(host)] ?? bareHost(host);
  return `${tls ? 'https' : 'http'}://${urlHost(own)}:${port}`;
}

function told(body: string): string {
  try {
    const { status, checks = {} } = JSON.parse(body) as { status?: string; checks?: Record<string, string> };
    const wrong = Object.entries(checks).filter(([, check]) => check !== 'ok');
    return [status, ...wrong.map(([name, check]) => `${name}: ${check}`)].join(', ');
  } catch {
    return 'the answer is none of this server';
  }
}

/**
 * Asks a server for its health and prints the answer.
 *
 * @throws {OperationalError} when the server is not ready, or does not answer.
 */
export async function run({ url, live, ...options }: HealthOptions): Promise<void> {
  const at = url ?? (await urlOf(options));
  if (!URL.canParse(at)) throw new UsageError(`${at} is no URL, write for example http://127.0.0.1:9090`);
  const { status, body } = await get(new URL(live ? '/livez' : '/readyz', at)).catch((error: Error) => {
    throw new OperationalError(`${at}: ${error.message || (error as NodeJS.ErrnoException).code}`);
  });
  if (status !== 200) throw new OperationalError(`${at}: ${told(body)}`);
  console.log(told(body));
}

/** Adds the command to the program. */
export function register(program: Command): void {
  const collect = (value: string, values: readonly string[]) => [...values, value];
  program
    .command('health')
    .description(summary)
    .option('-c, --config <file>', 'configuration file, whose management listener is asked')
    .option('-s, --set <path=value>', 'lay a value over the file; may be repeated', collect, [])
    .option('--url <url>', 'the listener, without reading a file')
    .option('--live', 'ask whether the process answers at all, not whether it is ready', false)
    .addHelpText('after', examples('health --config as.yaml', 'health --url http://127.0.0.1:9090 --live'))
    .action(run);
}
