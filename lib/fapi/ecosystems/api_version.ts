import type { Context, Middleware } from 'koa';

import type { Clause } from '../../clause.ts';
import type { Mechanism } from '../mechanism.ts';
import { answerError } from './cdr_error.ts';

const wellFormed = /^[1-9]\d{0,8}$/;

/** The highest version from x-min-v to x-v that there is. */
function chosen(ctx: Context, versions: readonly number[]): number | undefined {
  const [most, least] = [ctx.get('x-v'), ctx.get('x-min-v') || ctx.get('x-v')].map(Number);
  return versions.filter((version) => version <= Number(most) && version >= Number(least)).at(-1);
}

/** The error a request's headers are answered with, and its detail. */
function faultOf(ctx: Context, versions: readonly number[]): Parameters<typeof answerError> | undefined {
  const [asked, least] = [ctx.get('x-v'), ctx.get('x-min-v')];
  if (asked === '') return [ctx, 'Header/Missing', 'x-v'];
  if (!wellFormed.test(asked) || (least !== '' && !wellFormed.test(least))) {
    return [ctx, 'Header/InvalidVersion', 'x-v and x-min-v are positive whole numbers'];
  }
  if (chosen(ctx, versions) !== undefined) return undefined;
  return [ctx, 'Header/UnsupportedVersion', `versions are ${versions.join(', ')}`];
}

/**
 * Answers a resource in the highest version of its API that a request asks for and that there is. A request that is
 * refused is told nothing of versions.
 *
 * @param rule the clause of the ecosystem that says so.
 * @param path of the resource; nothing is asked where there is none.
 * @param versions from the lowest to the highest.
 * @example
 * apiVersion({ id: 'CDR-VERSIONING', text: 'resources have versions' }, '/accounts', [1, 2])
 */
export function apiVersion(rule: Clause, path: string | undefined, versions: readonly number[]): Mechanism {
  const versioned: Middleware = async function versioned(ctx, next) {
    await next();
    if (ctx.path !== path || ctx.status !== 200) return;
    const fault = faultOf(ctx, versions);
    if (fault) answerError(...fault);
    else ctx.set('x-v', String(chosen(ctx, versions)));
  };
  return {
    name: 'ecosystems/api_version',
    clauses: [rule],
    middleware: () => ({ resource: path === undefined ? [] : [versioned] }),
  };
}
