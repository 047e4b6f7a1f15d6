import { hostname } from 'node:os';
import { isatty } from 'node:tty';

import { type DestinationStream, pino, stdTimeFunctions } from 'pino';

import { UsageError } from './errors.ts';
import { readableLine } from './log_line.ts';
import { version } from './package_file.ts';

/** Levels of the log, from the fewest lines to the most after `silent`. */
export const levels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

export type Level = (typeof levels)[number];

const isLevel = (value: string): value is Level => (levels as readonly string[]).includes(value);

/**
 * The level the environment asks for; none where it says nothing. A library is no place to end a process: one that is
 * unknown counts as unsaid there, and `checkLogLevel()` is for programs.
 */
export function levelAsked({ LOG_LEVEL = '' }: NodeJS.ProcessEnv = process.env): Level | undefined {
  return isLevel(LOG_LEVEL) ? LOG_LEVEL : undefined;
}

/** @throws {UsageError} when the environment asks for a level there is not. */
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

/** Names of what is never to be told, wherever it stands in a line. */
const secrets = [
  'authorization',
  'dpop',
  'cookie',
  'client_assertion',
  'code',
  'request',
  'request_uri',
  'password',
].flatMap((name) => [name, `*.${name}`]);

/** A log that writes one JSON object a line. */
export const makeLog = (to: DestinationStream, level: Level = 'info') =>
  pino(
    {
      level,
      base: { host: hostname(), version },
      timestamp: stdTimeFunctions.isoTime,
      redact: { paths: secrets, censor: '[redacted]' },
    },
    to,
  );

const standardError = pino.destination({ dest: 2, sync: false });
let readable = false;

/**
 * The process's log, on standard error. Tokens, codes, proofs, assertions and keys are never given to it; the redaction is
 * the second lock on that door.
 */
export const log = makeLog(
  { write: (line) => void standardError.write(readable ? readableLine(line) : line) },
  levelAsked(),
);

export type Log = typeof log;

/** Sets level and form of the process's log; the environment's level counts more. */
export function configureLog({ level, format }: LogSettings): void {
  log.level = levelAsked() ?? level;
  readable = format === 'text' || (format === 'auto' && isatty(2));
}
