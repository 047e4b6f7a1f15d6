import { z } from 'zod';

import { isLocal } from '../http/address.ts';
import { normalized } from '../http/normalized_url.ts';
import { algorithms } from '../signing_algorithms.ts';
import { text, wholeSeconds } from '../values.ts';

/** Schemes of URLs that hold what they name, or that only a browser or this machine can open. */
const schemesOfNoResource = ['about:', 'blob:', 'data:', 'file:', 'javascript:', 'vbscript:', 'view-source:'];

/** The one spelling of an identifier; a host alone may go without its slash. */
const spelt = (value: string) => normalized(value)?.replace(/\/$/, value.endsWith('/') ? '/' : '');

/** The reason why a text is no identifier of a resource, and what to write. */
function unfit(value: string): string | undefined {
  const url = URL.parse(value);
  if (!url || value.includes('#')) {
    return 'is no absolute URI without a fragment, write for example https://api.example.com [RFC8707-2]';
  }
  if (schemesOfNoResource.includes(url.protocol)) {
    return `is a ${url.protocol} URI, at which no resource answers, write https://... or urn:... [RFC8707-2]`;
  }
  if (url.username !== '' || url.password !== '') return 'has a user or a password in it, leave them out [RFC8707-2]';
  if (url.protocol === 'http:' && !isLocal(url.hostname)) {
    return 'is reached without TLS, write https [FAPI2-SP-FINAL-5.2.1-1]';
  }
  const right = spelt(value);
  if (right === value) return undefined;
  return `is compared character by character, write it in its one spelling: ${right} [RFC8707-2]`;
}

/**
 * Schema of an identifier of a resource: an absolute URI without a fragment, normalized as by RFC 3986. In another
 * spelling it would be another resource.
 *
 * @see [RFC 8707 section 2 - Resource Parameter](https://www.rfc-editor.org/rfc/rfc8707.html#section-2)
 */
export const identifier = z
  .string()
  .superRefine((value, context) => {
    const message = unfit(value);
    if (message) context.addIssue({ code: 'custom', message });
  })
  .describe('what clients call it in the resource parameter: an absolute URI without a fragment (RFC 8707 section 2)');

const resource = z.strictObject({
  identifier,
  scopes: z
    .array(
      text.regex(
        /^[\x21\x23-\x5b\x5d-\x7e]+$/,
        'is no scope, write it without spaces and quotation marks [RFC6749-3.3]',
      ),
    )
    .default([])
    .describe('scopes that have a meaning there; a client that asks for one need not name the resource'),
  token: z
    .enum(['opaque', 'jwt'])
    .default('opaque')
    .describe('access tokens: opaque, to be introspected, or jwt (RFC 9068)'),
  lifetime: wholeSeconds
    .max(3600, 'is too long, write at most 3600 seconds [FAPI2-SP-FINAL-6.1]')
    .optional()
    .describe('seconds an access token for it lives; ttl.access_token when left out'),
  audience: text.optional().describe('aud of its access tokens; the identifier when left out'),
  introspected_by: z
    .array(text)
    .optional()
    .describe('client_id of those who may introspect its tokens, besides the client a token was issued to'),
  signing_alg: z
    .enum(algorithms, `is none of the permitted ones, write one of ${algorithms.join(', ')} [FAPI2-SP-FINAL-5.4.1-1]`)
    .optional()
    .describe('algorithm of its JWT access tokens; that of the first signing key when left out'),
});

/** Protected resources that clients may name. */
export const resourceSettings = z
  .array(resource)
  .describe('protected resources and their access tokens (RFC 8707, RFC 9068)');

export type Resource = z.output<typeof resource>;
export type ResourceInput = z.input<typeof resource>;
