import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';

import type { Context, Middleware } from 'koa';
import { errors } from 'oidc-provider';

import type { Store } from './store.ts';
import { Unit } from './unit.ts';

const requests = new AsyncLocalStorage<Map<Store, Unit>>();

/** Runs in the unit of the request under way, or in one of its own that ends with it. */
export async function inUnit<T>(store: Store, work: (unit: Unit) => Promise<T>): Promise<T> {
  const units = requests.getStore();
  if (!units) {
    const unit = new Unit(store);
    const result = await work(unit);
    await unit.flush();
    return result;
  }
  let unit = units.get(store);
  if (!unit) {
    unit = new Unit(store, store.links);
    units.set(store, unit);
  }
  return work(unit);
}

/** Whether there is a request under way, at whose end what was put off is done. */
export function requestUnderWay(): boolean {
  return requests.getStore() !== undefined;
}

async function finish(units: Map<Store, Unit>): Promise<void> {
  for (const unit of units.values()) await unit.finish();
}

/**
 * `provider.interactionFinished()` ends the response by itself, past Koa: the end waits until everything is written.
 * @returns what to wait for before going on
 */
function holdEnd(res: ServerResponse, units: Map<Store, Unit>): () => Promise<void> {
  let held: Promise<void> | undefined;
  const end = res.end;
  res.end = function holdEnd(this: ServerResponse, ...args: unknown[]) {
    res.end = end;
    if (![...units.values()].some((unit) => unit.pending)) return end.apply(this, args as never);
    held = finish(units).then(
      () => void end.apply(res, args as never),
      (error) => {
        const { status, body } = answerTo(error);
        for (const name of ['location', 'set-cookie', 'content-length']) res.removeHeader(name);
        res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
        end.call(res, JSON.stringify(body), 'utf8');
      },
    );
    return this;
  } as typeof end;
  return async () => {
    res.end = end;
    await held;
  };
}

function answerTo(error: unknown) {
  if (!(error instanceof errors.OIDCProviderError)) throw error;
  const { status, error_description } = error;
  return { status, body: { error: error.error, ...(error_description ? { error_description } : {}) } };
}

/** What oidc-provider had answered was premature. */
function answerInstead(ctx: Context, error: unknown): void {
  const { status, body } = answerTo(error);
  for (const name of ['location', 'set-cookie']) ctx.remove(name);
  ctx.status = status;
  ctx.set('cache-control', 'no-store');
  ctx.body = body;
}

/**
 * One HTTP request as one unit of work: each row is read once, what is written leaves together, and the response
 * leaves after it. Put it before everything that deals with the provider: `provider.use(unitOfWork())`.
 * A database that is away is answered with 503 and Retry-After.
 */
export function unitOfWork(): Middleware {
  return async function unitOfWork(ctx, next) {
    const units = new Map<Store, Unit>();
    const ended = holdEnd(ctx.res, units);
    try {
      await requests.run(units, next);
    } finally {
      await ended();
      try {
        await finish(units);
      } catch (error) {
        if (ctx.headerSent) ctx.app.emit('error', error, ctx);
        else answerInstead(ctx, error);
      }
      if (ctx.status === 503 && !ctx.headerSent) ctx.set('retry-after', '1');
    }
  };
}
