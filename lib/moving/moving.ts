import type { Context, Middleware, Next } from 'koa';
import type { Client, Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';
import Core from 'oidc-provider';

import { accessTokenKinds } from '../fapi/access_token.ts';
import type { HookAt } from '../fapi/hooks.ts';
import type { Staged } from '../fapi/stages.ts';
import { handOver } from '../http/handed_over.ts';
import { endpoints, isFormEndpoint } from '../http/routes.ts';
import type { Profile } from '../profile.ts';
import { Clients, type Moving } from './clients.ts';
import { keysOfBoth, metadataOfBoth } from './metadata.ts';
import { ofOthers } from './request_client.ts';

type Policy = HookAt<'features.introspection.allowedPolicy'>;

/** Decides as core does by default; its function is not exported. */
const anyToken: Policy = (ctx, client, token) =>
  client.clientAuthMethod !== 'none' || token.clientId === ctx.oidc.client?.clientId;

/** Runs a request through another provider, and past it where it has no such route. */
function through({ middleware }: Provider, ctx: Context, next: Next): Promise<unknown> {
  const at = (index: number): Promise<unknown> => {
    const layer = middleware[index];
    return layer ? Promise.resolve(layer(ctx, () => at(index + 1))) : next();
  };
  return at(0);
}

function policyOf(ours: Configuration, before: Configuration, clients: Clients): Policy {
  const theirs = before.features?.introspection?.allowedPolicy ?? anyToken;
  const profiles = ours.features?.introspection?.allowedPolicy ?? anyToken;
  return async (ctx, client, token) =>
    (await theirs(ctx, client, token)) && ((await clients.isOther(token.clientId)) || profiles(ctx, client, token));
}

/** The configuration of the others, with what two providers at one address have to have in common. */
function otherConfiguration(ours: Configuration, { before }: Moving, clients: Clients, adapter: Configuration) {
  const { cookies, routes } = ours;
  const { features } = before;
  return {
    ...before,
    ...(cookies && { cookies }),
    ...(routes && { routes }),
    adapter: clients.adapter(adapter, false),
    clients: clients.configured(false),
    features: {
      ...features,
      // Its pages log in anybody, whichever client asks.
      devInteractions: { enabled: false },
      introspection: { ...features?.introspection, allowedPolicy: policyOf(ours, before, clients) },
    },
  } as Configuration;
}

/**
 * True where a client is only looked up: by pages, by introspection of its tokens, and by the logout of a person who
 * uses clients of both kinds. Where it acts, a client of the other provider is not found.
 */
function isLookedUpOnly(): boolean {
  const { oidc } = Core.ctx ?? {};
  return oidc === undefined || oidc.client !== undefined || `${oidc.route}`.startsWith('end_session');
}

type Find = (id: string) => Promise<Client | undefined>;

function findBoth(provider: Provider, others: Provider): void {
  const models = [provider.Client, others.Client];
  const [own, other] = models.map((model) => model.find.bind(model)) as [Find, Find];
  provider.Client.find = async (id) => (await own(id)) ?? (isLookedUpOnly() ? other(id) : undefined);
  others.Client.find = async (id) => (await other(id)) ?? (isLookedUpOnly() ? own(id) : undefined);
}

/** Lets protected resources of the profile ask about the tokens of the other clients, which need not be bound. */
function introspectBoth(provider: Provider, others: Provider, clients: Clients): void {
  for (const name of accessTokenKinds) {
    const model = provider[name];
    const find = model.find;
    model.find = async function findOfBoth(this: never, ...args: Parameters<typeof find>) {
      const found = await find.apply(this, args);
      if (found || Core.ctx?.oidc?.route !== 'introspection') return found;
      const token = await (others[name] as Provider['AccessToken']).find(...args);
      return token && (await clients.isOther(token.clientId)) ? token : undefined;
    } as typeof find;
  }
}

/** Tells the deployment's listeners what happens at the other provider; the profile's own are not for its requests. */
function tellBoth(provider: Provider, others: Provider): void {
  const ours = new Set(provider.eventNames().flatMap((name) => provider.rawListeners(name)));
  const emit = others.emit.bind(others);
  others.emit = (name, ...args) => {
    const heard = emit(name, ...args);
    const theirs = provider.rawListeners(name).filter((listener) => !ours.has(listener));
    for (const listener of theirs) listener.apply(provider, args);
    return heard || theirs.length > 0;
  };
}

function middlewareOf(provider: Provider, others: Provider, clients: Clients): Staged {
  const isOfOthers = ofOthers(provider, others, clients);
  const endpointOf = endpoints(provider);
  const serveOthers: Middleware = async function serveOthers(ctx, next) {
    const theirs = await isOfOthers(ctx);
    if (theirs === false) return next();
    if (theirs) handOver(ctx);
    return through(others, ctx, next);
  };
  // A script asks before it sends, and says not for which client.
  const preflight: Middleware = function preflight(ctx, next) {
    return ctx.method === 'OPTIONS' && isFormEndpoint(endpointOf(ctx)) ? through(others, ctx, next) : next();
  };
  const metadataOfOthers: Middleware = async function metadataOfOthers(ctx, next) {
    await next();
    const { route } = (ctx as Partial<KoaContextWithOIDC>).oidc ?? {};
    if (ctx.status !== 200 || (route !== 'discovery' && route !== 'jwks')) return;
    const own = ctx.body;
    // A context has one provider: the second one gets its own, above the same request and response.
    await through(others, Object.create(ctx), async () => {});
    ctx.body = route === 'jwks' ? keysOfBoth(own, ctx.body) : metadataOfBoth(own, ctx.body);
  };
  return { cors: [preflight], metadata: [metadataOfOthers], protocol: [serveOthers] };
}

/** The two kinds of clients of a deployment, and how their providers become one. */
export interface Joined {
  /** The profile's part of the deployment's configuration. */
  readonly configuration: Configuration;
  /** Makes the other provider beside the profile's, and answers what hands requests over to it. */
  beside(provider: Provider, composed: Configuration): Staged;
  /** Joins them, when the profile's mechanisms have changed all they change. */
  join(): void;
}

/**
 * Makes two providers at one address and on one store: the profile's, and one as it was before. Each knows the clients
 * of its kind and no other, so that no request gets a client of the profile served without it.
 */
export function moving(settings: Moving, profile: Profile, configuration: Configuration): Joined {
  const clients = new Clients(settings, profile, configuration);
  let joining = () => {};
  return {
    configuration: {
      ...configuration,
      adapter: clients.adapter(configuration, true),
      clients: clients.configured(true),
    },
    beside(provider, composed) {
      const others = new Core(provider.issuer, otherConfiguration(composed, settings, clients, configuration));
      settings.prepare?.(others);
      joining = () => {
        findBoth(provider, others);
        introspectBoth(provider, others, clients);
        tellBoth(provider, others);
      };
      return middlewareOf(provider, others, clients);
    },
    join: () => joining(),
  };
}
