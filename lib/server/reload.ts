import { isDeepStrictEqual } from 'node:util';

import type { Audit } from '../audit/audit.ts';
import type { Occurrence } from '../audit/event.ts';
import { type Config, rereadConfig, withValues } from '../config/load.ts';
import { at, type Path } from '../config/path.ts';
import { ConfigError } from '../errors.ts';
import { log } from '../log.ts';
import { configureLog } from '../standard_error.ts';
import type { Listeners } from './listeners.ts';
import type { LiveKeys } from './live_keys.ts';
import type { Serving } from './serving.ts';

/** Keys a process reads once: a change of these takes effect at its next start. */
const fixed: readonly Path[] = [
  ['issuer'],
  ['development'],
  ['database'],
  ['audit'],
  ['management'],
  ['workers'],
  ['shutdown'],
  ['listen', 'host'],
  ['listen', 'port'],
  ['listen', 'client_certificate'],
  ['limits', 'connections'],
  ['limits', 'connections_per_address'],
  ['limits', 'handshake_time'],
  ['limits', 'headers_time'],
  ['limits', 'request_time'],
  ['limits', 'headers'],
];

/** Keys whose presence a process reads once: a listener speaks TLS or not, and there is a second listener or not. */
const presence: readonly (readonly [Path, (config: Config) => unknown])[] = [
  [['listen', 'tls'], ({ listen }) => listen.tls !== undefined],
  [['proxy'], ({ proxy }) => proxy !== undefined],
  [['mtls'], ({ mtls }) => mtls?.port],
];

/** The paths at which a configuration cannot take effect before the next start. */
function unchangeable(old: Config, now: Config): Path[] {
  return [
    ...fixed.filter((path) => !isDeepStrictEqual(at(old, path), at(now, path))),
    ...presence.flatMap(([path, of]) => (isDeepStrictEqual(of(old), of(now)) ? [] : [path])),
  ];
}

/** Problems that are told of one refusal, at most. */
const most = 50;

function problemsOf(error: unknown): string[] {
  const problems = error instanceof ConfigError ? error.message.split('\n') : [`${(error as Error).message}`];
  const more = problems.length > most ? [`and ${problems.length - most} more: run check`] : [];
  return [...problems.slice(0, most), ...more];
}

export interface ReloadOptions {
  readonly serving: Serving;
  readonly keys: LiveKeys;
  readonly audit: Audit | undefined;
  readonly renewed: Listeners['renewed'];
}

/** Takes changes of the files into use. They are judged first, and taken whole or not at all. */
export class Reload {
  readonly #options: ReloadOptions;
  #running: Promise<boolean> = Promise.resolve(true);

  constructor(options: ReloadOptions) {
    this.#options = options;
  }

  /**
   * Reads the files again, one run after the other.
   *
   * @param by why, for the log and the trail
   * @returns true when the files took effect; otherwise their faults are logged, and the old configuration stays in use
   */
  run(by: string): Promise<boolean> {
    this.#running = this.#running.then(() => this.#once(by));
    return this.#running;
  }

  async #once(by: string): Promise<boolean> {
    const { serving, keys, renewed } = this.#options;
    const old = serving.now.config;
    try {
      const read = await rereadConfig(old);
      const kept = unchangeable(old, read);
      const config = withValues(
        read,
        kept.map((path) => [path, at(old, path)]),
      );
      let renew = () => {};
      await serving.change({ config, keys: await keys.of(config) }, async () => {
        renew = await renewed(config);
      });
      renew();
      configureLog(config.log);
      const at_next_start = kept.map((path) => path.join('.'));
      if (kept.length > 0) log.warn({ at_next_start }, 'changed in the file, and taken at the next start only');
      log.info({ by }, 'the configuration was read again, and is in use');
      await this.#record({ event: 'configuration.reloaded', by, details: { at_next_start } });
      return true;
    } catch (error) {
      // They may have changed since they were taken last, and were read for a provider that is not to be.
      keys.takeAgain();
      const problems = problemsOf(error);
      for (const problem of problems) log.error({ problem }, 'the configuration was refused, the old one goes on');
      await this.#record({ event: 'configuration.refused', by, details: { problems } });
      return false;
    }
  }

  async #record(occurrence: Occurrence): Promise<void> {
    await this.#options.audit?.write(occurrence).catch(({ message }: Error) => {
      log.error({ reason: message }, 'the trail could not be written');
    });
  }
}
