import { randomUUID } from 'node:crypto';

import type { Middleware } from 'koa';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Echoes the client's `x-fapi-interaction-id`, or mints one, so both sides can correlate logs. */
export function interactionId(header = 'x-fapi-interaction-id'): Middleware {
  return function interactionId(ctx, next) {
    const received = ctx.get(header);
    // The value reaches our logs and response headers: anything but a UUID is discarded.
    ctx.state.interactionId ??= uuid.test(received) ? received : randomUUID();
    ctx.set(header, ctx.state.interactionId);
    return next();
  };
}
