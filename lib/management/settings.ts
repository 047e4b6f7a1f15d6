import { z } from 'zod';

import { file, port, text, tlsFiles } from '../values.ts';

/** Settings of the listener for operators. */
export const managementSettings = z.strictObject({
  host: text.default('localhost').describe('address or host name to listen on; off the public network'),
  port: port.default(9090).describe('port of /livez, /readyz, /metrics and /admin'),
  tls: tlsFiles.optional().describe('certificate of this listener; without it, it speaks plain HTTP'),
  ca: file
    .optional()
    .describe(
      'certificate authorities of administrators, PEM: /admin is for who has a certificate of theirs; relative to the configuration file',
    ),
  administration: z.boolean().default(true).describe('serves /admin; off the loopback that takes ca'),
});

export type ManagementSettings = z.output<typeof managementSettings>;

/** Settings of the end of a process. */
export const shutdownSettings = z.strictObject({
  delay: z
    .int()
    .min(0, 'is no time, write at least 0 seconds')
    .max(600, 'is too long, write at most 600 seconds')
    .default(0)
    .describe('seconds of serving on after SIGTERM, while /readyz answers 503 and load balancers turn away'),
});

/** Processes of one start. */
export const workerSettings = z
  .union([z.literal('auto'), z.int().min(1, 'is none, write at least 1').max(256, 'is too many, write at most 256')])
  .default(1)
  .describe('processes that share the listeners: a number, or auto for one for each processor core');
