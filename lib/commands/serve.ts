import cluster from 'node:cluster';
import { once } from 'node:events';
import type { Command } from 'commander';
import type { Config } from '../config/load.ts';
import { isLocal } from '../http/address.ts';
import { plain } from '../plain_text.ts';
import { databaseName } from '../redact.ts';
import type { Resources } from '../resources.ts';
import { type RunningServer, startServer } from '../server/server.ts';
import { type Reached, tellPrimary, toldToStop, Workers, workersOf } from '../server/workers.ts';
import { configured, examples, type Options, withConfig } from './command.ts';

export const summary = 'start the authorization server';

/** Serves until told to stop; requests under way are answered first. */
export async function run(config: Config, resources: Resources, file: string): Promise<void> {
  if (cluster.isWorker) return serveAsWorker(config, resources);
  const workers = workersOf(config);
  if (workers > 1) return serveByWorkers(workers, config, file);
  const server = await begun(config, resources);
  const stop = firstSignal();
  // Whoever reads this may send a signal at once.
  console.log(greeting(config, server, file));
  tellStop(await stop);
}

/** Starts the server, and has it read its files again at each SIGHUP. */
async function begun(config: Config, resources: Resources): Promise<RunningServer> {
  let running: RunningServer | undefined;
  // Heard until everything is closed: without a listener the signal ends the process in the middle of its requests.
  const reload = resources.add(
    () => void running?.reload(),
    (listener) => process.off('SIGHUP', listener),
  );
  process.on('SIGHUP', reload);
  running = resources.add(await startServer(config), ({ close }) => close());
  return running;
}

/**
 * Waits for the first signal that ends a process. Another one after it finds no listener, and ends the process at once.
 */
export async function firstSignal(): Promise<string> {
  const heard = new AbortController();
  const told = (['SIGTERM', 'SIGINT'] as const).map((name) =>
    once(process, name, { signal: heard.signal }).then(() => name),
  );
  const signal = await Promise.race(told);
  heard.abort();
  return signal;
}

export const tellStop = (signal: string) => console.log(`${signal}: answering what is under way, then stopping`);

/**
 * Serves as one of several workers. A terminal sends its signals to every process: the first one counts here, and the
 * primary acts on another.
 */
async function serveAsWorker(config: Config, resources: Resources): Promise<void> {
  // Closed last: as long as it is connected, the process goes on.
  resources.add(cluster.worker, (worker) => worker?.disconnect());
  const heard = new AbortController();
  const told = Promise.race([firstSignal(), toldToStop(heard.signal).catch(() => {})]);
  tellPrimary(await begun(config, resources));
  await told;
  heard.abort();
  for (const name of ['SIGTERM', 'SIGINT']) process.on(name, () => {});
}

async function serveByWorkers(count: number, config: Config, file: string): Promise<void> {
  const workers = new Workers(count);
  const reload = () => workers.reload();
  process.on('SIGHUP', reload);
  const stop = firstSignal();
  const started = workers.start();
  const reached = await Promise.race([started, stop.then(() => undefined)]);
  if (reached && 'code' in reached) process.exitCode = reached.code;
  else if (reached) {
    console.log(greeting(config, reached, file));
    tellStop(await stop);
  }
  await workers.stop(config.shutdown.delay * 1000);
  process.off('SIGHUP', reload);
}

function greeting(config: Config, { url, mtlsUrl, managementUrl, certificate }: Reached, file: string): string {
  const { issuer, profile, clients, development, accounts } = config;
  const discovery = `${issuer}/.well-known/openid-configuration`;
  const rows: [string, string | undefined][] = [
    ['WARNING', exposed(config)],
    ['profile', profile],
    ['issuer', issuer],
    ['listening on', url],
    ['mutual TLS on', mtlsUrl],
    ['management on', managementUrl],
    ['discovery', discovery],
    ['database', development ? databaseName(config.database.url) : undefined],
    [
      'trust',
      certificate?.authority && `${certificate.authority}\n${certificate.trustStore} (Java, password development)`,
    ],
    ['resource', config.resource ? issuer + config.resource.path : undefined],
    ['clients', clients.map(({ client_id }) => plain(client_id)).join('\n') || 'none in the file'],
    ['log in as', (development && logins(accounts).join('\n')) || undefined],
  ];
  const lines = rows.flatMap(([name, value]) =>
    (value?.split('\n') ?? []).map((line, index) => `  ${(index === 0 ? name : '').padEnd(15)}${line}`),
  );
  return ['', ...lines, '', ...(development ? next(config, discovery, file, certificate?.authority) : []), ''].join(
    '\n',
  );
}

/** The warning of a development server that other machines reach; `undefined` for any other. */
function exposed({ development, listen: { host } }: Config): string | undefined {
  if (!development || isLocal(host)) return undefined;
  return [
    `${host} is reached by other machines (dangerously_expose_development): whoever reaches it`,
    'can be each of the sample clients, whose keys are public, and log in with the passwords below.',
  ].join('\n');
}

function logins(accounts: Config['accounts']): string[] {
  if (!Array.isArray(accounts)) return [];
  return accounts.flatMap(({ login, password }) => (password === undefined ? [] : [`${login}, password ${password}`]));
}

function next({ issuer, front_page }: Config, discovery: string, file: string, authority?: string): string[] {
  const look = `  ${`${issuer}/`.padEnd(56)} in a browser: what runs here, and a flow to try`;
  return [
    'Try next:',
    ...(front_page ? [look] : []),
    `  curl ${authority ? `--cacert ${authority}` : '-k'} ${discovery}`,
    '  npm run demo                                             a whole flow, each step explained',
    '  npm run demo -- --web                                    a small bank to look at, and what was sent where',
    `  npx oidc-provider-fapi check --config ${file}`,
    '',
    'Stop with Ctrl-C.',
  ];
}

/** Adds the command to the program. */
export function register(program: Command): void {
  configured(program.command('serve').description(summary))
    .addHelpText(
      'after',
      examples('serve --config as.yaml', 'serve --config as.yaml --set listen.port=8443 --set dpop.nonce=required'),
    )
    .action((options: Options) => withConfig(options, run));
}
