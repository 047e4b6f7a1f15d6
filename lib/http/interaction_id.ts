import { randomUUID } from 'node:crypto';

import type { Middleware } from 'koa';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id a request is known by: the client's own where it is a UUID, since it reaches our logs and response headers. */
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
