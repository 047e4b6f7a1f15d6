import { z } from 'zod';

import { file, text } from '../values.ts';

/** OpenID Connect Core section 2: at most 255 ASCII characters. */
const sub = z.string().regex(/^[\x21-\x7e]{1,255}$/, 'is no subject, write 1 to 255 visible ASCII characters');
const claims = z.looseObject({ sub: sub.optional().describe('what the person is called towards clients') });

const account = z.strictObject({
  login: text.describe('what the person types on the login page'),
  password_hash: text.optional().describe('printed by `oidc-provider-fapi accounts hash`'),
  password: text.optional().describe('in clear; only with development: true'),
  claims: claims
    .prefault({})
    .describe('what clients may be told about the person; sub is made from the login unless it stands here'),
});

/** Settings of the accounts. */
export const accountSettings = z.strictObject({
  accounts: z
    .union([
      z.array(account),
      z.strictObject({
        module: file.describe(
          'module with authenticate(login, password) and findAccount; relative to the configuration file',
        ),
      }),
    ])
    .default([])
    .describe('who may log in, besides the accounts in the database; or a module of yours that knows'),
});
