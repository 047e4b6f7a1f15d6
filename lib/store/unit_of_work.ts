import { AsyncLocalStorage } from 'node:async_hooks';

import type { Context, Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';

import { holdResponse, type Unfinished } from '../http/held_response.ts';
import { rowId } from './row.ts';
import type { Store } from './store.ts';
import { StoreUnavailable } from './unavailable.ts';
import { Unit } from './unit.ts';

/** A request's units, one for each store, for as long as there is an answer to come. */
class RequestUnits implements Unfinished {
  isOver = false;
  readonly #units = new Map<Store, Unit>();

  unit(store: Store): Unit {
    let unit = this.#units.get(store);
    if (!unit) {
      unit = new Unit(store, store.foresee());
      this.#units.set(store, unit);
    }
    return unit;
  }

  get isPending(): boolean {
    for (const unit of this.#units.values()) if (unit.isPending) return true;
    return false;
  }

  isOvertaken(id: string): boolean {
    return [...this.#units.values()].some((unit) => unit.isOvertaken(id));
  }

  async flush(isError: boolean): Promise<void> {
    let hasFailed = false;
    for (const unit of this.#units.values()) {
      await unit.flush();
      hasFailed ||= unit.hasFailed;
    }
    // Whoever was told that something could not be written may have taken no notice.
    if (hasFailed && !isError) throw new StoreUnavailable('not everything could be written');
  }
}

const requests = new AsyncLocalStorage<RequestUnits>();

/** The request under way, at whose end everything put off is done. Work that it started may outlive it. */
export function requestUnderWay(): RequestUnits | undefined {
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
 * Takes the session's cookie out of a response in which it would take the place of a better one: a second click on a
 * consent would log the person out. There are two such responses:
 *
 * - Another request has ended that session meanwhile, or gone on with it under another id: the cookie leads nowhere.
 * - The response tells of an error, and the browser came with a cookie. Core begins an empty session where the one that was
 *   sent is not there any more, and the request that went on with it may not have been answered yet.
 */
function withoutOvertakenSession(ctx: Context, units: RequestUnits): void {
  // Core puts it there, where the request came as far as core.
  const { oidc } = ctx as Partial<KoaContextWithOIDC>;
  const id = oidc?.session?.jti;
  if (!id || ctx.headerSent) return;
  const isOvertaken = units.isOvertaken(rowId('Session', id));
  if (!isOvertaken && ctx.status < 400) return;
  const set = [ctx.res.getHeader('set-cookie') ?? []].flat().map(String);
  const [name] = set.find((line) => line.split(';')[0]?.endsWith(`=${id}`))?.split('=') ?? [];
  if (!name || !(isOvertaken || ctx.get('cookie').includes(`${name}=`))) return;
  const left = set.filter((line) => !line.startsWith(`${name}=`) && !line.startsWith(`${name}.sig=`));
  if (left.length > 0) ctx.set('set-cookie', left);
  else ctx.remove('set-cookie');
}

/**
 * Makes one HTTP request one unit of work: each row is read once, what is written leaves together, and the response
 * leaves after it. A database that is away is answered with 503 and Retry-After. `fapiProvider()` registers it; with
 * the store alone, put it before everything that deals with the provider.
 *
 * @example
 * provider.use(unitOfWork());
 */
export function unitOfWork(): Middleware {
  return async function unitOfWork(ctx, next) {
    const units = new RequestUnits();
    await holdResponse(ctx, units, async () => {
      try {
        await requests.run(units, next);
      } finally {
        units.isOver = true;
      }
    });
    withoutOvertakenSession(ctx, units);
  };
}
