import type { Context, Middleware } from 'koa';
import type { Client, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { errors } from 'oidc-provider';

import type { Clause } from '../../clause.ts';
import { fieldOf, fieldsOf, replaceFields } from '../../http/form_body.ts';
import type { Mechanism } from '../mechanism.ts';
import { answerError } from './cdr_error.ts';

const path = '/arrangements/revoke';

/** Revokes every token of an arrangement. */
export async function endTokens({ AccessToken, RefreshToken, AuthorizationCode }: Provider, id: string): Promise<void> {
  for (const { adapter } of [AccessToken, RefreshToken, AuthorizationCode]) await adapter.revokeByGrantId(id);
}

async function revoke(ctx: KoaContextWithOIDC, client: Client, id: string | undefined): Promise<void> {
  const { provider } = ctx.oidc;
  const grant = id === undefined ? undefined : await provider.Grant.find(id);
  if (!grant || grant.clientId !== client.clientId) {
    answerError(ctx, 'Authorisation/InvalidArrangement', 'cdr_arrangement_id names no arrangement of the client');
    return;
  }
  await grant.destroy();
  await endTokens(provider, grant.jti);
  // As core tells of it.
  provider.emit('grant.revoked', ctx, grant.jti);
  ctx.body = undefined;
  ctx.status = 204;
}

/**
 * Makes the middleware of the endpoint. Core authenticates the client at its introspection endpoint, about a token that
 * nobody has; the arrangement is revoked after that.
 */
function endpoint(provider: Provider): { arrive: Middleware; ask: Middleware } {
  const arrived = new WeakMap<object, { id?: string | undefined }>();
  const arrive = async (ctx: Context, next: () => Promise<unknown>) => {
    if (ctx.path !== path) return next();
    if (ctx.method !== 'POST') {
      ctx.set('allow', 'POST');
      throw new errors.InvalidRequest('only POST is allowed', 405);
    }
    const asked: { id?: string | undefined } = {};
    arrived.set(ctx, asked);
    ctx.path = provider.pathFor('introspection');
    await next();
    const { oidc } = ctx as KoaContextWithOIDC;
    if (ctx.status === 200 && oidc.client) await revoke(ctx as KoaContextWithOIDC, oidc.client, asked.id);
  };
  const ask: Middleware = (ctx, next) => {
    const asked = arrived.get(ctx);
    if (!asked) return next();
    asked.id = fieldOf(ctx, 'cdr_arrangement_id');
    const { cdr_arrangement_id: _, token: __, ...authentication } = fieldsOf(ctx);
    const single = Object.entries(authentication).filter(
      (field): field is [string, string] => typeof field[1] === 'string',
    );
    replaceFields(ctx, { ...Object.fromEntries(single), token: 'none' });
    return next();
  };
  return { arrive: Object.defineProperty(arrive, 'name', { value: 'revokeArrangement' }), ask };
}

/**
 * The endpoint at which a client revokes an arrangement of its own, with every token.
 *
 * @see [Consumer Data Standards, CDR Arrangement Revocation End Point](https://consumerdatastandardsaustralia.github.io/standards/#cdr-arrangement-revocation-end-point)
 */
export function arrangementRevocation(rule: Clause): Mechanism {
  return {
    name: 'ecosystems/arrangement_revocation',
    clauses: [rule],
    middleware(provider) {
      const { arrive, ask } = endpoint(provider);
      const listed: Middleware = async function listed(ctx, next) {
        await next();
        if (ctx.oidc?.route !== 'discovery' || ctx.status !== 200) return;
        Object.assign(ctx.body as object, { cdr_arrangement_revocation_endpoint: provider.issuer + path });
      };
      return { metadata: [listed], resource: [arrive], protocol: [ask] };
    },
  };
}
