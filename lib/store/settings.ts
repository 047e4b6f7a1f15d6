import { z } from 'zod';

import { text, wholeSeconds } from '../values.ts';

/** Base64, base64url or hexadecimal. */
const encryptionKey = text.regex(
  /^([0-9a-fA-F]{64}|[A-Za-z0-9+/_-]{43}=?)$/,
  'is not 32 bytes, write what `openssl rand -base64 32` prints',
);

/** Settings of the purge. */
export const purgeSettings = z.strictObject({
  interval: wholeSeconds.default(60).describe('seconds from one purge to the next'),
  batch: z.int().min(1, 'is too small, write at least 1').default(1000).describe('rows in one transaction'),
});

/** Settings of the store, beside those of its database. */
export const storeSettings = z.strictObject({
  encryption_keys: z
    .array(encryptionKey)
    .min(1, 'lists no key, write what `openssl rand -base64 32` prints')
    .optional()
    .describe('keys that seal rows, 32 bytes in base64 each: the first seals, all open'),
  purge: purgeSettings.prefault({}).describe('deleting what has expired, by one process at a time'),
});
