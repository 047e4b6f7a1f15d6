import { createHmac, timingSafeEqual } from 'node:crypto';

import type { Context } from 'koa';
import type { Interaction } from 'oidc-provider';

import type { Step } from './consent.ts';

/**
 * Makes the token that proves that a form was made for this interaction, at this step, for this person. Its key is the
 * interaction's correlation id, which is random, made for each request, and in the store only: nothing more has to be
 * kept or shared among processes.
 *
 * @see [RFC9700-4.7](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.7)
 */
export function formToken({ cid, uid }: Interaction, step: Step): string {
  const person = step.name === 'consent' ? step.accountId : null;
  return createHmac('sha256', cid)
    .update(JSON.stringify([uid, step.name, person]))
    .digest('base64url');
}

/** Compares a posted token with that of the interaction's present step. */
export function ownForm(token: string | null, interaction: Interaction, step: Step): boolean {
  const expected = Buffer.from(formToken(interaction, step));
  const received = Buffer.from(token ?? '');
  return received.length === expected.length && timingSafeEqual(received, expected);
}

/**
 * True when the browser itself says that another site made it post. `Origin` does not serve: under
 * `Referrer-Policy: no-referrer` it is `null` for our own forms too.
 *
 * @see [Fetch Metadata Request Headers](https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header)
 */
export function crossSite(ctx: Context): boolean {
  return !['', 'same-origin', 'none'].includes(ctx.get('sec-fetch-site'));
}
