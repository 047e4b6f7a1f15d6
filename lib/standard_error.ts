import { hostname } from 'node:os';
import { isatty } from 'node:tty';

import { type DestinationStream, pino, stdTimeFunctions } from 'pino';

import { type Level, type Log, type LogSettings, levelAsked } from './log.ts';
import { readableLine } from './log_line.ts';
import { version } from './package_file.ts';

/** Names of members that are redacted, wherever they stand in a line. */
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

/** Makes a log that writes one JSON object a line. */
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
 * The server's own logger, on standard error. Secrets are never given to the log; redaction is there in case one is by
 * mistake.
 */
export const standardError = (): Log => lines;

/** Sets level and form of the server's own logger; the environment's level counts more. */
export function configureLog({ level, format }: LogSettings): void {
  lines.level = levelAsked() ?? level;
  readable = format === 'text' || (format === 'auto' && isatty(2));
}
