import { z } from 'zod';

import { file } from '../values.ts';
import { databaseUrlFault, noDatabase } from './url.ts';

/** Settings of the connection to the database. */
export const databaseSettings = z.strictObject({
  url: z
    .string()
    .regex(/^(pglite:|postgres(ql)?:\/\/)/, { error: noDatabase, abort: true })
    .check(({ value, issues }) => {
      const fault = databaseUrlFault(value);
      if (fault) issues.push({ code: 'custom', message: fault, input: value });
    })
    .default('pglite:./data')
    .describe('pglite: in memory, pglite:./data on disk (relative to the working directory), postgres://... a server'),
  pool_size: z.int().min(1, 'is too small, write at least 1').default(10).describe('connections to a server database'),
  schema: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'is no plain name, write lower-case letters, digits and _')
    .optional()
    .describe('database schema of the tables; what the search path says when left out'),
  tls: z
    .strictObject({
      ca: file.optional().describe('certificate authority of the server, PEM; relative to the configuration file'),
      cert: file.optional().describe('our certificate, PEM; relative to the configuration file'),
      key: file.optional().describe('private key of our certificate, PEM; relative to the configuration file'),
    })
    .optional()
    .describe('TLS to the database server, whose certificate is then checked'),
});
