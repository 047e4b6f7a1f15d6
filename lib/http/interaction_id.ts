import { randomUUID } from 'node:crypto';

import type { Middleware } from 'koa';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The id a request is known by: the client's own where that is a UUID, else a new one. It reaches our logs and response
 * headers, so no other text is taken.
 */
export const interactionIdOf = (received: string | undefined): string =>
  received && uuid.test(received) ? received : randomUUID();

/** Echoes the client's `x-fapi-interaction-id`, or mints one, so both sides can correlate logs. */
export function interactionId(header = 'x-fapi-interaction-id'): Middleware {
  return function interactionId(ctx, next) {
    ctx.state.interactionId ??= interactionIdOf(ctx.get(header));
    ctx.set(header, ctx.state.interactionId);
    return next();
  };
}
