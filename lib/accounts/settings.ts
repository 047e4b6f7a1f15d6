import { z } from 'zod';
import { file, text } from '../values.ts';
import { claimsSchema } from './claims.ts';

const account = z.strictObject({
  login: text.describe('what the person types on the login page'),
  password_hash: text.optional().describe('printed by `oidc-provider-fapi accounts hash`'),
  password: text.optional().describe('in clear; only with development: true'),
  claims: claimsSchema
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
