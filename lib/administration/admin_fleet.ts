import type { Context } from 'koa';
import type { Wanted } from './grant_desk.ts';
import { BadRequest } from './problem.ts';
import { limitOf, objectOf, onlyQuery, queryOf, timeOf } from './request.ts';
import type { Routes } from './routes.ts';

const conditions = ['account', 'client', 'before', 'all'];

function wantedBy(ctx: Context): Wanted {
  const before = timeOf(ctx, 'before');
  const all = queryOf(ctx, 'all');
  if (all !== undefined && all !== 'true') throw new BadRequest(400, 'all is true, or left out');
  return {
    account: queryOf(ctx, 'account'),
    client: queryOf(ctx, 'client'),
    before: before === undefined ? undefined : before / 1000,
    all: all ? true : undefined,
  };
}

/** Answers about grants, the keys, the trail and the processes. */
export const fleetRoutes: Routes = {
  '/admin/grants': {
    async GET(ctx, { grants }) {
      onlyQuery(ctx, ...conditions, 'limit');
      const wanted = wantedBy(ctx);
      const named = [wanted.account, wanted.client, wanted.before].some((value) => value !== undefined);
      ctx.body = { grants: await grants.list({ ...wanted, ...(!named && { all: true }) }, limitOf(ctx)) };
    },
    async DELETE(ctx, { grants }) {
      onlyQuery(ctx, ...conditions, 'keep_sessions');
      const keepSessions = queryOf(ctx, 'keep_sessions') === 'true';
      ctx.body = { ended: await grants.revoke(wantedBy(ctx), { keepSessions }) };
    },
  },
  '/admin/keys': {
    async GET(ctx, { keys }) {
      ctx.body = { keys: await keys.list() };
    },
    async POST(ctx, { keys }) {
      const { alg, ...others } = await objectOf(ctx);
      const [other] = Object.keys(others);
      if (other !== undefined) throw new BadRequest(400, `${other} is not known here, write alg`);
      if (alg !== undefined && typeof alg !== 'string') throw new BadRequest(400, 'alg is no text');
      ctx.body = { kid: await keys.add(alg) };
      ctx.status = 201;
    },
  },
  '/admin/keys/rotate': {
    async POST(ctx, { keys }) {
      ctx.body = { signs_from: await keys.rotate() };
    },
  },
  '/admin/keys/{id}/promote': {
    async POST(ctx, { keys }, kid) {
      ctx.body = { kid, purpose: await keys.promote(kid) };
    },
  },
  '/admin/keys/{id}/retire': {
    async POST(ctx, { keys }, kid) {
      onlyQuery(ctx, 'now');
      ctx.body = { kid, what: await keys.retire(kid, { now: queryOf(ctx, 'now') === 'true' }) };
    },
  },
  '/admin/audit': {
    async GET(ctx, { trail }) {
      const names = ['account', 'client', 'flow', 'event'] as const;
      onlyQuery(ctx, ...names, 'since', 'until', 'limit');
      const equal = Object.fromEntries(names.map((name) => [name, queryOf(ctx, name)]));
      const filter = { ...equal, since: timeOf(ctx, 'since'), until: timeOf(ctx, 'until') };
      ctx.body = { records: await trail(filter, limitOf(ctx)) };
    },
  },
  '/admin/nodes': {
    async GET(ctx, { nodes }) {
      ctx.body = await nodes();
    },
  },
};
