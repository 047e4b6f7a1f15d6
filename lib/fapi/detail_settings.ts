import type { AuthorizationDetail } from 'oidc-provider';
import { z } from 'zod';

import { file, text } from '../values.ts';
import type { JsonSchema } from './detail_schema.ts';
import type { DetailWords } from './detail_words.ts';

const localized = z.union([text, z.record(z.string(), text)]);

const words = z.strictObject({
  title: localized.describe('one line that says what is allowed; {member} or {member | money} stands for a member'),
  fields: z
    .array(
      z.strictObject({
        label: localized.describe('what the row is called'),
        value: localized.describe('what stands in the row; formats are money, account, date, time, number'),
      }),
    )
    .optional()
    .describe('rows below the title; one whose members are absent is left out'),
  choose: text.optional().describe('a list among the members, whose entries the person may leave out one by one'),
  each: localized.optional().describe('how one of these entries reads'),
  values: z.record(z.string(), localized).optional().describe('values that have a meaning, in words'),
});

const type = z.strictObject({
  schema: z
    .record(z.string(), z.unknown())
    .describe('JSON Schema (2020-12) of its members; what it does not name is refused'),
  consent: words
    .optional()
    .describe('how it is shown to the person who consents; all members by their names when left out'),
  resource: text
    .optional()
    .describe('identifier of the resource it is for; may be left out where there is one resource'),
});

/** Types of authorization details, and what any of them may be at most. */
export const detailSettings = z.strictObject({
  types: z
    .record(text, type)
    .describe('types clients may use, when authorization_details_types of the client names them'),
  max_bytes: z.int().min(1, 'is too small, write at least 1').default(262_144).describe('bytes of the whole parameter'),
  max_depth: z
    .int()
    .min(1, 'is too small, write at least 1')
    .max(16, 'is too large, write at most 16')
    .default(16)
    .describe('levels of maps and lists in one another, at most 16'),
  max_entries: z.int().min(1, 'is too small, write at least 1').default(100).describe('details in one request'),
  module: file
    .optional()
    .describe('module with enrich(detail, { accountId, clientId }); relative to the configuration file'),
});

/** The limits where a deployment sets none. */
export const detailPresets = detailSettings.parse({ types: {} });

export interface DetailType {
  readonly schema: JsonSchema;
  readonly consent?: DetailWords | undefined;
  readonly resource?: string | undefined;
}

/** Adds to a detail what the client could not know, after the person has consented; the type has to stay. */
export type Enrich = (
  detail: AuthorizationDetail,
  about: { readonly accountId: string; readonly clientId: string },
) => AuthorizationDetail | Promise<AuthorizationDetail>;

export interface DetailSettings {
  readonly types?: Readonly<Record<string, DetailType>> | undefined;
  readonly max_bytes?: number | undefined;
  readonly max_depth?: number | undefined;
  readonly max_entries?: number | undefined;
  readonly enrich?: Enrich | undefined;
}

/** Identifiers of the resources a type of details belongs to; `resources` are those there are. */
export const resourcesOfType =
  ({ types = {} }: DetailSettings, resources: readonly { readonly identifier: string }[]) =>
  (type: string): string[] => {
    const named = Object.hasOwn(types, type) ? types[type]?.resource : undefined;
    const [only, ...others] = resources;
    const identifier = named ?? (others.length === 0 ? only?.identifier : undefined);
    return identifier === undefined ? [] : [identifier];
  };
