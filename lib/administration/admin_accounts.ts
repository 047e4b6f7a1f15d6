import type { AccountDesk, Done } from './account_desk.ts';
import type { Administration } from './administration.ts';
import { ActRefused } from './refused.ts';
import { limitOf, objectOf, onlyQuery, textOf } from './request.ts';
import type { Routes } from './routes.ts';
import { shownAccount } from './shown_account.ts';

function deskOf({ accounts }: Administration): AccountDesk {
  if (!accounts)
    throw new ActRefused(404, 'accounts come from a module of yours (accounts.module), the database has none');
  return accounts;
}

const told = ({ account: { login, sub }, ended }: Done) => ({ login, sub, ended });

function claimsOf({ claims = {} }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
    throw new ActRefused(400, 'claims is no object');
  }
  return claims as Record<string, unknown>;
}

/** Answers about accounts of the database, by their login or sub. */
export const accountRoutes: Routes = {
  '/admin/accounts': {
    async GET(ctx, desks) {
      onlyQuery(ctx, 'limit');
      const limit = limitOf(ctx);
      const { listed, accounts } = deskOf(desks);
      const shown = listed.map((account) => shownAccount(account, 'file'));
      for await (const page of accounts.all()) {
        shown.push(...page.map((account) => shownAccount(account, 'database')));
        if (shown.length >= limit) break;
      }
      ctx.body = { accounts: shown.slice(0, limit) };
    },
    async POST(ctx, desks) {
      const body = await objectOf(ctx);
      const login = textOf(body, 'login');
      const sub = await deskOf(desks).add(login, textOf(body, 'password'), claimsOf(body));
      ctx.status = 201;
      ctx.set('location', `/admin/accounts/${encodeURIComponent(sub)}`);
      ctx.body = { login, sub };
    },
  },
  '/admin/accounts/{id}': {
    async GET(ctx, desks, id) {
      const found = await deskOf(desks).find(id);
      if (!found) throw new ActRefused(404, `no account ${id}`);
      ctx.body = shownAccount(found.account, found.source);
    },
    async DELETE(ctx, desks, id) {
      ctx.body = told(await deskOf(desks).remove(id));
    },
  },
  '/admin/accounts/{id}/password': {
    async POST(ctx, desks, id) {
      const body = await objectOf(ctx);
      const keepSessions = body.keep_sessions === true;
      ctx.body = told(await deskOf(desks).setPassword(id, textOf(body, 'password'), { keepSessions }));
    },
  },
  '/admin/accounts/{id}/lock': {
    async POST(ctx, desks, id) {
      ctx.body = told(await deskOf(desks).lock(id));
    },
  },
  '/admin/accounts/{id}/unlock': {
    async POST(ctx, desks, id) {
      ctx.body = told(await deskOf(desks).unlock(id));
    },
  },
  '/admin/accounts/{id}/export': {
    async GET(ctx, desks, id) {
      ctx.body = await deskOf(desks).export(id);
    },
  },
  '/admin/accounts/{id}/erase': {
    async POST(ctx, desks, id) {
      ctx.body = told(await deskOf(desks).erase(id));
    },
  },
};
