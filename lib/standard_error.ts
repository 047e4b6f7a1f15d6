import { hostname } from 'node:os';
import { isatty } from 'node:tty';

import { type DestinationStream, pino, stdTimeFunctions } from 'pino';

import { type Level, type Log, type LogSettings, levelAsked } from './log.ts';
import { readableLine } from './log_line.ts';
import { version } from './package_file.ts';

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

const destination = pino.destination({ dest: 2, sync: false });
let readable = false;

const lines = makeLog({ write: (line) => void destination.write(readable ? readableLine(line) : line) }, levelAsked());

/**
 * The server's own logger, on standard error. Secrets are never given to the log; the redaction is the second lock on that
 * door.
 */
export const standardError = (): Log => lines;

/** Sets level and form of the server's own logger; the environment's level counts more. */
export function configureLog({ level, format }: LogSettings): void {
  lines.level = levelAsked() ?? level;
  readable = format === 'text' || (format === 'auto' && isatty(2));
}
