import { pino } from 'pino';

import { UsageError } from './errors.ts';

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

/**
 * The process's log, one JSON object a line on standard error. Tokens, codes, proofs, assertions and keys are never
 * given to it; the redaction below is the second lock on that door.
 */
export const log = pino(
  {
    level: levelAsked() ?? 'info',
    base: null,
    redact: {
      paths: [
        'authorization',
        'dpop',
        'cookie',
        'client_assertion',
        'code',
        'request',
        'request_uri',
        'password',
      ].flatMap((name) => [name, `*.${name}`]),
      censor: '[redacted]',
    },
  },
  pino.destination({ dest: 2, sync: false }),
);

export type Log = typeof log;
