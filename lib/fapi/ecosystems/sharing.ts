import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';

import { seconds } from '../../seconds.ts';

/** A year of the Consumer Data Standards, in seconds. A longer duration is taken for a year. */
const year = 365 * 86_400;

/** Seconds in which data that is shared once has to be collected. */
const once = 3600;

/** The members about sharing, at the top of a claims parameter. */
export interface Sharing {
  readonly sharing_duration?: unknown;
  readonly cdr_arrangement_id?: unknown;
}

/** Sharing as a pushed request asks for it. */
export function sharingOf({ params }: { readonly params?: unknown }): Sharing {
  const { claims } = (params ?? {}) as { claims?: string };
  return claims === undefined ? {} : JSON.parse(claims);
}

/** Seconds of sharing, 0 where data is shared once. */
export function durationOf({ sharing_duration: asked }: Sharing): number {
  return typeof asked === 'number' ? Math.min(asked, year) : 0;
}

/** Seconds since the epoch at which sharing that begins now is to end. */
export const endOf = (sharing: Sharing): number => seconds() + (durationOf(sharing) || once);

/**
 * Checks the duration that a request asks for.
 *
 * @throws {InvalidRequest} where it is no number of seconds.
 */
export function checkDuration({ sharing_duration: asked }: Sharing, clause: string): void {
  if (asked === undefined || (Number.isSafeInteger(asked) && Number(asked) >= 0)) return;
  throw new errors.InvalidRequest(`sharing_duration must be a whole number of seconds, 0 or more (${clause})`);
}

/** The grant of an arrangement that the request says it goes on with, which has to be the client's own. */
export async function arrangementOf(ctx: KoaContextWithOIDC, { cdr_arrangement_id: id }: Sharing, clause: string) {
  if (id === undefined) return undefined;
  const { provider, client } = ctx.oidc;
  const grant = typeof id === 'string' && id !== '' ? await provider.Grant.find(id) : undefined;
  if (grant && grant.clientId === client?.clientId) return grant;
  throw new errors.InvalidRequest(`cdr_arrangement_id names no arrangement of the client (${clause})`);
}
