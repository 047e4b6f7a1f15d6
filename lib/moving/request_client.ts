import { decodeJwt } from 'jose';
import type { Context } from 'koa';
import type { ClientMetadata, Provider } from 'oidc-provider';

import { fieldOf, fieldsOf } from '../http/form_body.ts';
import { type Endpoint, endpoints, isFormEndpoint } from '../http/routes.ts';
import type { Clients } from './clients.ts';

function claimsOf(jwt: unknown): { iss?: unknown; sub?: unknown; aud?: unknown } {
  try {
    return typeof jwt === 'string' ? decodeJwt(jwt) : {};
  } catch {
    return {};
  }
}

function userOf(authorization: string): string | undefined {
  const [, basic] = /^basic +(\S+)$/i.exec(authorization) ?? [];
  const user = basic && Buffer.from(basic, 'base64').toString().split(':')[0]?.replaceAll('+', '%20');
  try {
    return user && decodeURIComponent(user);
  } catch {
    return undefined;
  }
}

/** The ids of every client that a form names, by whatever way of authentication. */
function inForm(ctx: Context): unknown[] {
  const { iss, sub } = claimsOf(fieldOf(ctx, 'client_assertion'));
  return [userOf(ctx.get('authorization')), ...[fieldsOf(ctx).client_id].flat(), iss, sub];
}

async function ofToken(ctx: Context, { AccessToken }: Provider): Promise<unknown> {
  const [, token] = /^(?:bearer|dpop) +(\S+)$/i.exec(ctx.get('authorization')) ?? [];
  const given = token ?? fieldOf(ctx, 'access_token') ?? ctx.query.access_token;
  const found = typeof given === 'string' ? await AccessToken.find(given, { ignoreExpiration: true }) : undefined;
  return found?.clientId;
}

async function ofInteraction({ path }: Context, { Interaction }: Provider): Promise<unknown> {
  const found = await Interaction.find(path.slice(path.lastIndexOf('/') + 1));
  return found?.params.client_id;
}

async function registered({ req }: Context): Promise<ClientMetadata> {
  const chunks: Buffer[] = [];
  for await (const chunk of req.iterator({ destroyOnReturn: false })) chunks.push(chunk);
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    return (typeof body === 'object' && body !== null ? body : {}) as ClientMetadata;
  } catch {
    return {} as ClientMetadata; // the profile's provider says what is wrong with it
  }
}

const lastOf = (path: string) => decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));

function idsOf(ctx: Context, endpoint: Endpoint, others: Provider): unknown[] | Promise<unknown[]> {
  if (isFormEndpoint(endpoint)) return inForm(ctx);
  if (endpoint === 'authorization') return [...[ctx.query.client_id].flat(), ...[fieldsOf(ctx).client_id].flat()];
  if (endpoint === 'resume') return ofInteraction(ctx, others).then((id) => [id]);
  if (endpoint === 'userinfo') return ofToken(ctx, others).then((id) => [id]);
  if (endpoint === 'client') return [lastOf(ctx.path)];
  if (endpoint === 'end_session') return [ctx.query.client_id, ...[claimsOf(ctx.query.id_token_hint).aud].flat()];
  return [];
}

/**
 * Tells which requests are of clients that are served as before. Where a request speaks of no client, of one that is
 * unknown, or of one of each kind, the profile's provider answers it. A wrong answer here lets nobody in: neither of the
 * two providers knows the other's clients.
 *
 * @param provider the profile's.
 * @param others the provider of the others; `undefined` is answered for a route the profile's provider does not have.
 */
export function ofOthers(provider: Provider, others: Provider, clients: Clients) {
  const endpointOf = endpoints(provider);
  return async function isOfOthers(ctx: Context): Promise<boolean | undefined> {
    const endpoint = endpointOf(ctx);
    if (endpoint === undefined) return undefined;
    if (endpoint === 'registration') return ctx.req.readable && !clients.named(await registered(ctx));
    const ids = (await idsOf(ctx, endpoint, others)).filter((id) => id !== undefined);
    if (ids.length === 0) return false;
    return (await Promise.all(ids.map((id) => clients.isOther(id)))).every(Boolean);
  };
}
