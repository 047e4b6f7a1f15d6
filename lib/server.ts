import type { Config, LoadOptions } from './config/load.ts';
import { installed } from './installed.ts';
import type { Log } from './log.ts';
import type { Extension } from './server/extension.ts';
import type { RunningServer } from './server/server.ts';

export type { Config, LoadOptions, Parsed } from './config/load.ts';
export type { DevelopmentCertificate } from './server/development_certificate.ts';
export type { KeyPair } from './server/tls.ts';
export type { Extension, RunningServer };

/**
 * Reads a configuration file, whole or not at all.
 *
 * @param file its path; files it names are relative to it.
 * @param options `set` are overrides as on the command line, `env` what `${NAME}` reads.
 * @throws {ConfigError} with every problem of the file and of the files it names.
 * @throws {OperationalError} one line that names a package which only a server needs, and which is not installed.
 * @example
 * const server = await startServer(await loadConfig('as.yaml'));
 */
export async function loadConfig(file: string, options?: LoadOptions): Promise<Config> {
  const load = await installed('the server', () => import('./config/load.ts'));
  return load.loadConfig(file, options);
}

/**
 * The server's own logger: one JSON object a line on standard error, at the level of the environment's `LOG_LEVEL`.
 *
 * @throws {OperationalError} when pino is not installed.
 * @example
 * logTo(await standardError());
 */
export async function standardError(): Promise<Log> {
  return (await installed('the log', () => import('./standard_error.ts'))).standardError();
}

/**
 * Starts the provider a configuration describes. It logs to where `logTo()` said.
 *
 * @param config as `loadConfig()` answers it.
 * @param given the deployment's own part, in code; it counts more than what the module of `extend` exports.
 * @throws {ConfigError} when the configuration is outside its profile: every violation, at its place in the file.
 * @throws {OperationalError} when the database or a port cannot be had, or a package that only a server needs.
 * @example
 * logTo(await standardError());
 * const { issuer, close } = await startServer(await loadConfig('as.yaml'));
 */
export async function startServer(config: Config, given?: Extension): Promise<RunningServer> {
  const server = await installed('the server', () => import('./server/server.ts'));
  return server.startServer(config, given);
}
