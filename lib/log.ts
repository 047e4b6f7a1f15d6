import { UsageError } from './errors.ts';

/** Levels of the log, from the fewest lines to the most after `silent`. */
export const levels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

export type Level = (typeof levels)[number];

const isLevel = (value: string): value is Level => (levels as readonly string[]).includes(value);

/**
 * The level the environment asks for; `undefined` where it asks for none. An unknown one counts as none, since a
 * library does not end a process; programs call `checkLogLevel()`.
 */
export function levelAsked({ LOG_LEVEL = '' }: NodeJS.ProcessEnv = process.env): Level | undefined {
  return isLevel(LOG_LEVEL) ? LOG_LEVEL : undefined;
}

/**
 * Refuses a level of the environment that there is not.
 *
 * @throws {UsageError} when it asks for one.
 */
export function checkLogLevel({ LOG_LEVEL = '' }: NodeJS.ProcessEnv = process.env): void {
  if (LOG_LEVEL === '' || isLevel(LOG_LEVEL)) return;
  throw new UsageError(`LOG_LEVEL is ${JSON.stringify(LOG_LEVEL)}, write one of ${levels.join(', ')}`);
}

/** Settings of the log. */
export interface LogSettings {
  readonly level: Level;
  readonly format: (typeof formats)[number];
}

/** `auto` is `text` on a terminal, and `json` elsewhere. */
export const formats = ['auto', 'json', 'text'] as const;

/** A logger, such as one of pino: what happened as an object, and in a few words. */
export interface Log {
  debug(about: object | string, text?: string): void;
  info(about: object | string, text?: string): void;
  warn(about: object | string, text?: string): void;
  error(about: object | string, text?: string): void;
  fatal(about: object | string, text?: string): void;
}

const silent: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  // The process ends: what it would have said without us stays said.
  fatal: (about, text) => console.error(text ?? '', about),
};

let given: Log = silent;

/**
 * Hands over the logger of this process; none is used before. Tokens, codes, proofs, assertions and keys are never given
 * to it.
 *
 * @param logger `undefined` for none.
 * @example
 * logTo(pino());
 */
export function logTo(logger: Log | undefined): void {
  given = logger ?? silent;
}

/** The log of this process, which writes to the logger that `logTo()` was given. */
export const log: Log = {
  debug: (...line) => given.debug(...line),
  info: (...line) => given.info(...line),
  warn: (...line) => given.warn(...line),
  error: (...line) => given.error(...line),
  fatal: (...line) => given.fatal(...line),
};
