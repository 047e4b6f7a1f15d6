import type { IncomingMessage } from 'node:http';

import { decodeJwt, type JWTPayload } from 'jose';
import type { Context } from 'koa';

const known = new WeakMap<IncomingMessage, JWTPayload>();

/** What the request's DPoP proof says, before anybody has verified it; nothing where it cannot be read, which core refuses. */
export function proofClaims(ctx: Pick<Context, 'req' | 'get'>): JWTPayload {
  let claims = known.get(ctx.req);
  if (!claims) {
    try {
      claims = decodeJwt(ctx.get('dpop'));
    } catch {
      claims = {};
    }
    known.set(ctx.req, claims);
  }
  return claims;
}
