import { z } from 'zod';

import { text } from '../values.ts';

/** Settings of the audit trail. */
export const auditSettings = z.strictObject({
  database: z.boolean().default(true).describe('records go to the table oidc_audit, with the statement they tell of'),
  file: text
    .optional()
    .describe('records also go to this file as JSON lines, once they are durable; relative to the working directory'),
  keep_days: z.int().min(1, 'is too short, write at least 1').default(400).describe('days that `audit retire` keeps'),
});
