import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';

import type { Context, Middleware } from 'koa';
import { errors } from 'oidc-provider';

import type { Store } from './store.ts';
import { StoreUnavailable } from './unavailable.ts';
import { Unit } from './unit.ts';

/** A request's units, one for each store, for as long as there is an answer to come. */
class Request {
  isOver = false;
  readonly #units = new Map<Store, Unit>();

  unit(store: Store): Unit {
    let unit = this.#units.get(store);
    if (!unit) {
      unit = new Unit(store, store.links);
      this.#units.set(store, unit);
    }
    return unit;
  }

  get isPending(): boolean {
    return [...this.#units.values()].some((unit) => unit.isPending);
  }

  /** Whether something could not be written, and whoever was told so may have taken no notice. */
  get hasFailed(): boolean {
    return [...this.#units.values()].some((unit) => unit.hasFailed);
  }

  async flush(): Promise<void> {
    for (const unit of this.#units.values()) await unit.flush();
  }
}

const requests = new AsyncLocalStorage<Request>();

/** Whether there is a request under way, at whose end what was put off is done. What it started may outlive it. */
export function requestUnderWay(): Request | undefined {
  const request = requests.getStore();
  return request?.isOver ? undefined : request;
}

/** Runs in the unit of the request under way, or in one of its own that ends with it. */
export async function inUnit<T>(store: Store, work: (unit: Unit) => Promise<T>): Promise<T> {
  const request = requestUnderWay();
  if (request) return work(request.unit(store));
  const unit = new Unit(store);
  const result = await work(unit);
  await unit.flush();
  return result;
}

/**
 * `provider.interactionFinished()` ends the response by itself, past Koa: the end waits until everything is written.
 * @returns what to wait for before going on
 */
function holdEnd(res: ServerResponse, request: Request): () => Promise<void> {
  let held: Promise<void> | undefined;
  const end = res.end;
  res.end = function holdEnd(this: ServerResponse, ...args: unknown[]) {
    res.end = end;
    if (!request.isPending) return end.apply(this, args as never);
    held = request.flush().then(
      () => void end.apply(res, args as never),
      (error) => {
        const { status, headers, body } = answerTo(error);
        for (const name of [...premature, 'content-length']) res.removeHeader(name);
        res.writeHead(status, { ...headers, 'content-type': 'application/json; charset=utf-8' });
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

/** What leads on from an answer that is not to be given. */
const premature = ['location', 'set-cookie'];

function answerTo(error: unknown) {
  if (!(error instanceof errors.OIDCProviderError)) throw error;
  const { status, error_description } = error;
  const headers = { 'cache-control': 'no-store', ...(status === 503 && { 'retry-after': '1' }) };
  return { status, headers, body: { error: error.error, ...(error_description && { error_description }) } };
}

function answerInstead(ctx: Context, error: unknown): void {
  const { status, headers, body } = answerTo(error);
  for (const name of premature) ctx.remove(name);
  ctx.set(headers);
  ctx.status = status;
  ctx.body = body;
}

/** Whether the answer says already that something went wrong. */
function tellsOfError({ status, response }: Context): boolean {
  return status >= 400 || /[?&#]error=/.test(response.get('location'));
}

async function end(ctx: Context, request: Request): Promise<void> {
  try {
    await request.flush();
    if (request.hasFailed && !tellsOfError(ctx)) throw new StoreUnavailable('not everything could be written');
  } catch (error) {
    if (ctx.headerSent) ctx.app.emit('error', error, ctx);
    else answerInstead(ctx, error);
  }
}

/**
 * One HTTP request as one unit of work: each row is read once, what is written leaves together, and the response
 * leaves after it. Put it before everything that deals with the provider: `provider.use(unitOfWork())`.
 * A database that is away is answered with 503 and Retry-After.
 */
export function unitOfWork(): Middleware {
  return async function unitOfWork(ctx, next) {
    const request = new Request();
    const ended = holdEnd(ctx.res, request);
    try {
      await requests.run(request, next);
    } finally {
      await ended();
      request.isOver = true;
      await end(ctx, request);
      if (ctx.status === 503 && !ctx.headerSent) ctx.set('retry-after', '1');
    }
  };
}
