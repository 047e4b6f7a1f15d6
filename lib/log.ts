import { pino } from 'pino';

/**
 * The process's log, one JSON object a line on standard error. Tokens, codes, proofs, assertions and keys are never
 * given to it; the redaction below is the second lock on that door.
 */
export const log = pino(
  {
    level: process.env.LOG_LEVEL ?? 'info',
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
