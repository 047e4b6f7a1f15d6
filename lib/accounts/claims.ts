import { z } from 'zod';

import { text } from '../values.ts';

/** OpenID Connect Core section 2: at most 255 ASCII characters. */
const sub = z.string().regex(/^[\x21-\x7e]{1,255}$/, 'is no subject, write 1 to 255 visible ASCII characters');

const address = z
  .looseObject({
    formatted: text.optional().describe('the whole address, as on an envelope'),
    street_address: text.optional().describe('street and number'),
    locality: text.optional().describe('city'),
    region: text.optional().describe('state or province'),
    postal_code: text.optional().describe('post code'),
    country: text.optional().describe('country'),
  })
  .describe('postal address');

/**
 * Claims about a person: the standard ones have the types of the specification, any other may be of any.
 *
 * @see [OpenID Connect Core section 5.1](https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims)
 */
export const claimsSchema = z
  .looseObject({
    sub: sub.optional().describe('what the person is called towards clients'),
    name: text.optional().describe('full name'),
    given_name: text.optional().describe('given name'),
    family_name: text.optional().describe('family name'),
    middle_name: text.optional().describe('middle name'),
    nickname: text.optional().describe('casual name'),
    preferred_username: text.optional().describe('name the person wants to be called by'),
    profile: text.optional().describe('URL of a profile page'),
    picture: text.optional().describe('URL of a picture'),
    website: text.optional().describe('URL of a web page'),
    email: text.optional().describe('e-mail address'),
    email_verified: z.boolean().optional().describe('the e-mail address is the person’s'),
    gender: text.optional().describe('gender'),
    birthdate: text.optional().describe('birthday, YYYY-MM-DD or YYYY'),
    zoneinfo: text.optional().describe('time zone, Europe/Paris for example'),
    locale: text.optional().describe('language, sv-SE for example'),
    phone_number: text.optional().describe('telephone number, +46701234567 for example'),
    phone_number_verified: z.boolean().optional().describe('the telephone number is the person’s'),
    address: address.optional(),
    updated_at: z.number().optional().describe('seconds since 1970 at the last change'),
  })
  .check((ctx) => {
    for (const [name, value] of Object.entries(ctx.value)) {
      const [base = '', tag] = name.split('#');
      // Section 5.2: the same claim in another language.
      if (tag === undefined || !(claimsSchema.shape[base as 'name'] instanceof z.ZodOptional)) continue;
      const { error } = claimsSchema.shape[base as 'name'].safeParse(value);
      // An issue that zod has made, which its types let nobody push again.
      for (const issue of error?.issues ?? [])
        ctx.issues.push({ ...issue, path: [name, ...issue.path], input: value } as never);
    }
  });

/**
 * Reads a claim as the command line gives it: a standard claim by its own type, any other as JSON where it is that.
 *
 * @throws {TypeError} for a value the claim cannot have.
 */
export function readClaim(name: string, value: string): unknown {
  const json = parsed(value);
  if (json === null) throw new TypeError(`${name}=null says nothing, leave it out`);
  const candidates = [value, json].map((candidate) => ({ [name]: candidate }));
  const known = name.split('#', 1)[0] ?? '';
  const fitting = candidates.find((candidate) => claimsSchema.safeParse(candidate).success);
  if (!(known in claimsSchema.shape)) return json;
  if (!fitting) throw new TypeError(`${name} cannot be ${value}: ${claimsSchema.shape[known as 'name'].description}`);
  return fitting[name];
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
