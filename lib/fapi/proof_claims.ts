import type { IncomingMessage } from 'node:http';

import { decodeJwt, type JWTPayload } from 'jose';
import type { Context } from 'koa';

const known = new WeakMap<IncomingMessage, JWTPayload>();

/** Claims of the request's DPoP proof, before anybody has verified it; none where it cannot be read, which core refuses. */
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
