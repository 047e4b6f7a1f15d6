import { once } from 'node:events';
import type { Command } from 'commander';
import type { Config } from '../config/load.ts';
import { isLocal } from '../http/address.ts';
import { databaseName } from '../redact.ts';
import type { Resources } from '../resources.ts';
import { type RunningServer, startServer } from '../server/server.ts';
import { configured, examples, type Options, withConfig } from './command.ts';

export const summary = 'start the authorization server';

/** Serves until told to stop; requests under way are answered first. */
export async function run(config: Config, resources: Resources, file: string): Promise<void> {
  let running: RunningServer | undefined;
  // Heard until everything is closed: without a listener the signal ends the process in the middle of its requests.
  const reload = resources.add(
    () => void running?.reload(),
    (listener) => process.off('SIGHUP', listener),
  );
  process.on('SIGHUP', reload);
  const server = resources.add(await startServer(config), ({ close }) => close());
  running = server;
  const heard = new AbortController();
  const told = (['SIGTERM', 'SIGINT'] as const).map((name) =>
    once(process, name, { signal: heard.signal }).then(() => name),
  );
  // Whoever reads this may send a signal at once.
  console.log(greeting(config, server, file));
  const signal = await Promise.race(told);
  // Another signal finds no listener, and ends the process as it would have without us.
  heard.abort();
  console.log(`${signal}: answering what is under way, then stopping`);
}

function greeting(config: Config, { url, mtlsUrl, managementUrl, certificate }: RunningServer, file: string): string {
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
    ['clients', clients.map(({ client_id }) => client_id).join('\n') || 'none in the file'],
    ['log in as', development ? logins(accounts).join('\n') : undefined],
  ];
  const lines = rows.flatMap(([name, value]) =>
    (value?.split('\n') ?? []).map((line, index) => `  ${(index === 0 ? name : '').padEnd(15)}${line}`),
  );
  return ['', ...lines, '', ...(development ? next(discovery, file, certificate?.authority) : []), ''].join('\n');
}

/** Said first by a development server that other machines reach. */
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

function next(discovery: string, file: string, authority?: string): string[] {
  return [
    'Try next, in another terminal:',
    `  curl ${authority ? `--cacert ${authority}` : '-k'} ${discovery}`,
    '  npm run demo                                             a whole flow, each step explained',
    '  npm run demo -- --client-auth tls_client_auth --sender-constrain mtls',
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
