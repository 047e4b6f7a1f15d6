import { hash } from 'node:crypto';

import type { Context } from 'koa';

import { withoutNotes } from '../clients/members.ts';
import type { RegisteredClient } from '../clients/registry.ts';
import { ActRefused } from './refused.ts';
import { limitOf, objectOf, onlyQuery, queryOf } from './request.ts';
import type { Routes } from './routes.ts';

/** The entity tag of a client, which is another one after every change of it. */
const etagOf = (client: object): string => `"${hash('sha256', JSON.stringify(client), 'base64url')}"`;

/**
 * Answers a client with its entity tag.
 *
 * @see [RFC 7592 section 3 - Client Information Response](https://www.rfc-editor.org/rfc/rfc7592.html#section-3)
 */
function answerClient(ctx: Context, client: RegisteredClient, source: 'file' | 'database' = 'database'): void {
  ctx.set('etag', etagOf(client));
  ctx.body = { ...client, source };
}

/** Refuses a change of a client that somebody else has changed since it was read, by `If-Match`. */
function judgeMatch(ctx: Context, client: object): void {
  const wanted = ctx.get('if-match');
  if (wanted && wanted !== '*' && wanted !== etagOf(client)) {
    throw new ActRefused(412, 'the client was changed meanwhile: read it again');
  }
}

/** Answers about clients of the database, in the shapes of RFC 7591 and RFC 7592. */
export const clientRoutes: Routes = {
  '/admin/clients': {
    async GET(ctx, { clients }) {
      onlyQuery(ctx, 'after', 'limit');
      const [after, limit] = [queryOf(ctx, 'after'), limitOf(ctx)];
      const page = await clients.registry.page({ after, limit });
      const listed = after === undefined ? clients.listed.map((client) => ({ ...client, source: 'file' })) : [];
      const stored = page.map((client) => ({ ...client, source: 'database' }));
      const last = page.at(-1)?.client_id;
      ctx.body = { clients: [...listed, ...stored], ...(page.length === limit && { next: last }) };
    },
    async POST(ctx, { clients }) {
      onlyQuery(ctx);
      const added = await clients.add(withoutNotes(await objectOf(ctx)));
      ctx.status = 201;
      ctx.set('location', `/admin/clients/${encodeURIComponent(added.client_id)}`);
      answerClient(ctx, added);
    },
  },
  '/admin/clients/{id}': {
    async GET(ctx, { clients }, id) {
      const { client, source } = await clients.known(id);
      answerClient(ctx, client, source);
    },
    async PUT(ctx, { clients }, id) {
      const { source, ...body } = await objectOf(ctx);
      const changed = await clients.set(id, (before) => {
        judgeMatch(ctx, before);
        return withoutNotes(body);
      });
      answerClient(ctx, changed);
    },
    async DELETE(ctx, { clients }, id) {
      ctx.body = { client_id: id, ended: await clients.remove(id) };
    },
  },
  '/admin/clients/{id}/disable': {
    async POST(ctx, { clients }, id) {
      onlyQuery(ctx, 'keep_grants');
      const keepGrants = queryOf(ctx, 'keep_grants') === 'true';
      ctx.body = { client_id: id, ended: await clients.disable(id, { keepGrants }) };
    },
  },
  '/admin/clients/{id}/enable': {
    async POST(ctx, { clients }, id) {
      await clients.enable(id);
      ctx.body = { client_id: id };
    },
  },
};
