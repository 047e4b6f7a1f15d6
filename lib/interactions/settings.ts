import { z } from 'zod';

import { text } from '../values.ts';
import { missingMessages, type OwnMessages, unknownValues } from './language.ts';
import { en } from './messages/en.ts';

const localized = z.union([text, z.record(z.string(), text)]);
const inWords = z.record(z.string(), localized).optional();

const shape = Object.fromEntries(
  Object.entries(en).map(([key, own]) => [
    key,
    typeof own === 'string' ? text.optional() : z.record(z.string(), text).optional(),
  ]),
);

/** Every text of the pages in one language, each of which may be missing. */
const texts = z.strictObject(shape).check((ctx) => {
  for (const [key, message] of unknownValues(ctx.value as OwnMessages[string])) {
    ctx.issues.push({ code: 'custom', message, input: ctx.value, path: [key] });
  }
});

const messages = z
  .record(z.string(), texts)
  .check((ctx) => {
    for (const [tag, own] of Object.entries(ctx.value as OwnMessages)) {
      if (!/^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$/.test(tag)) {
        const message = 'is no language tag, write for example de or pt-BR';
        ctx.issues.push({ code: 'custom', message, input: tag, path: [tag] });
        continue;
      }
      const missing = missingMessages(tag, own);
      if (missing.length > 0) {
        const message = `lacks ${missing.join(', ')}: write every message of a language that is not shipped`;
        ctx.issues.push({ code: 'custom', message, input: own, path: [tag] });
      }
    }
  })
  .transform((own) => own as OwnMessages);

/** Settings of the pages. */
export const pageSettings = z.strictObject({
  name: text.optional().describe('what the service is called on its pages; the host of the issuer when left out'),
  words: z
    .strictObject({
      scopes: inWords.describe('what a scope means, as one text or one for each language'),
      claims: inWords.describe('what a claim means'),
      authorization_details: inWords.describe('what a type of authorization details without consent words means'),
    })
    .optional()
    .describe('what scopes and claims mean, in words a person understands'),
  messages: messages.optional().describe('further languages, every message of each; or other words for en and de'),
});

const limit = (attempts: number, within: number) =>
  z
    .strictObject({
      attempts: z.int().min(1, 'is too small, write at least 1').default(attempts).describe('wrong passwords'),
      within: z
        .int()
        .min(1, 'is too short, write at least 1 second')
        .max(86_400, 'is too long, write at most 86400 seconds')
        .default(within)
        .describe('seconds'),
    })
    .prefault({});

/** Limits of attempts at passwords. */
export const passwordLimits = z.strictObject({
  pair: limit(5, 900).describe('wrong passwords for one login from one address'),
  login: limit(50, 3600).describe('wrong passwords for one login from wherever it was never used from with success'),
  address: limit(200, 3600).describe('wrong passwords from one address, whatever the login'),
  in_progress: z
    .int()
    .min(1, 'is too small, write at least 1')
    .default(10)
    .describe('passwords of one address that are compared at one time'),
  threads: z
    .int()
    .min(1, 'is too small, write at least 1')
    .max(64, 'is too large, write at most 64')
    .optional()
    .describe('threads that compare passwords; one processor less than there are, at most 4, when left out'),
  queue: z
    .int()
    .min(0, 'is too small, write at least 0')
    .default(16)
    .describe('passwords that may wait for each thread; more are refused with 503'),
});
