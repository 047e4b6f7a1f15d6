import type { Context, Middleware } from 'koa';

import type { Audit } from '../audit/audit.ts';
import { answerProblem } from '../http/problem.ts';
import { accountRoutes } from './admin_accounts.ts';
import { clientRoutes } from './admin_clients.ts';
import { fleetRoutes } from './admin_fleet.ts';
import type { Administration } from './administration.ts';
import type { Admission } from './admission.ts';
import { openapi } from './openapi.ts';
import { BadRequest, explainProblem } from './problem.ts';
import type { Routes } from './routes.ts';

/** Every path and method there is. */
export const routes: Routes = {
  '/admin/openapi.json': {
    GET(ctx) {
      ctx.body = openapi();
    },
  },
  ...clientRoutes,
  ...accountRoutes,
  ...fleetRoutes,
};

const patterns = Object.entries(routes).map(([path, methods]) => ({
  pattern: new RegExp(`^${path.replace('{id}', '([^/]+)').replaceAll('.', '\\.')}$`),
  methods,
}));

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function find(path: string) {
  for (const { pattern, methods } of patterns) {
    const found = pattern.exec(path);
    const id = found ? decoded(found[1] ?? '') : undefined;
    if (id !== undefined) return { methods, id };
  }
  return undefined;
}

export interface AdminOptions {
  readonly admit: (ctx: Context) => Promise<Admission>;
  /** Makes the desks somebody works with, whose name stands in the trail. */
  readonly desks: (by: string) => Promise<Administration>;
  readonly audit: Audit | undefined;
}

/**
 * Administration over HTTP, under `/admin`: the acts of the commands, for who is admitted. Errors are
 * `application/problem+json`; whoever is not admitted leaves a record.
 */
export function admin({ admit, desks, audit }: AdminOptions): Middleware {
  function refused(ctx: Context, reason: string, by?: string): void {
    const details = { act: `${ctx.method} ${ctx.path.slice(0, 200)}`, reason };
    audit?.record(ctx, { event: 'admin.refused', by, details });
  }
  async function answer(ctx: Context): Promise<void> {
    const admitted = await admit(ctx);
    if (admitted.by === undefined) {
      const { status, text, headers } = admitted;
      refused(ctx, text);
      ctx.set({ ...headers });
      return answerProblem(ctx, status, text);
    }
    const found = find(ctx.path);
    if (!found) return answerProblem(ctx, 404, 'there is nothing at this path');
    const route = found.methods[ctx.method === 'HEAD' ? 'GET' : ctx.method];
    if (route) {
      return await Promise.resolve(route(ctx, await desks(admitted.by), found.id)).catch((error: unknown) => {
        // What could be read is recorded where it is refused.
        if (error instanceof BadRequest && ctx.method !== 'GET') refused(ctx, error.message, admitted.by);
        throw error;
      });
    }
    ctx.set('allow', Object.keys(found.methods).join(', '));
    answerProblem(ctx, 405, `only ${Object.keys(found.methods).join(', ')} are allowed`);
  }
  return async function administer(ctx) {
    ctx.set('cache-control', 'no-store');
    // Koa remembers the address, which a connection that is given up has no more.
    void ctx.ip;
    await answer(ctx).catch((error: unknown) => explainProblem(ctx, error));
  };
}
