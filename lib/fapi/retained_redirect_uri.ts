import type { Context, Middleware } from 'koa';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';

import { type Endpoint, endpoints } from '../http/routes.ts';

/** The address as core writes it, without what the answer adds. */
function rewritten(uri: string): string | undefined {
  const url = URL.parse(uri);
  if (!url) return undefined;
  url.search = url.hash = '';
  return url.href;
}

/**
 * The answer's address as the client registered it, with what core added. Core adds by way of a URL parser, which respells
 * the whole query.
 *
 * @returns `undefined` when the location leads elsewhere
 */
function retained(location: string, registered: string): string | undefined {
  if (rewritten(location) !== rewritten(registered) || /[^\x21-\x7e]/.test(registered)) return undefined;
  const { hash, searchParams } = new URL(location);
  const own = [...new URL(registered).searchParams];
  const all = [...searchParams];
  if (own.some(([name, value], index) => all[index]?.[0] !== name || all[index]?.[1] !== value)) return undefined;
  const added = new URLSearchParams(all.slice(own.length)).toString();
  const separator = registered.includes('?') ? '&' : '?';
  return registered + (added && separator + added) + hash;
}

/** The redirect URIs an answer of this request may go to, character by character. */
function destinations(ctx: Context): readonly string[] {
  const { oidc } = ctx as KoaContextWithOIDC;
  const { redirect_uri } = (oidc?.params ?? {}) as { redirect_uri?: unknown };
  if (oidc?.route === 'authorization' || oidc?.route === 'resume')
    return typeof redirect_uri === 'string' ? [redirect_uri] : [];
  // Core keeps what was asked for with the session until the person has confirmed.
  const { postLogoutRedirectUri: asked } = (oidc?.session?.state ?? {}) as { postLogoutRedirectUri?: string };
  return asked ? [asked] : (oidc?.client?.postLogoutRedirectUris ?? []);
}

const answering: readonly Endpoint[] = ['authorization', 'resume', 'end_session_confirm'];

function retain(ctx: Context): void {
  const location = ctx.response.get('location');
  if (ctx.status !== 303 || !URL.canParse(location)) return;
  for (const registered of destinations(ctx)) {
    const uri = retained(location, registered);
    if (uri === undefined) continue;
    ctx.set('location', uri);
    ctx.body = '';
    return;
  }
}

/** Sends browsers to the addresses clients registered, to the letter. */
export function retainRedirectUri(provider: Provider): Middleware {
  const endpointOf = endpoints(provider);
  return function retainRedirectUri(ctx, next) {
    return answering.includes(endpointOf(ctx)) ? next().then(() => retain(ctx)) : next();
  };
}
