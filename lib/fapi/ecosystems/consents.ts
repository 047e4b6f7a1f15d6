import type { Middleware } from 'koa';
import type { Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';
import Core, { errors, interactionPolicy } from 'oidc-provider';

import type { Clause } from '../../clause.ts';
import { endpoints } from '../../http/routes.ts';
import { seconds } from '../../seconds.ts';
import { refuses } from '../hooks.ts';
import type { Mechanism } from '../mechanism.ts';
import type { MtlsSettings } from '../mtls.ts';
import { type Consent, Consents } from './consent.ts';
import { type ConsentApi, consentApi } from './consent_api.ts';

/** A request, or what it has led to: a code, a refresh token. */
export interface Naming {
  readonly scope?: string | undefined;
  readonly claims?: { readonly id_token?: Readonly<Record<string, { value?: unknown } | null>> } | undefined;
}

/** Names of consents in an ecosystem's authorization requests. */
export interface ConsentNaming {
  /** The consent's id. */
  find(request: Naming): string | undefined;
  /** The value of `scope` that names it, where it is named there. */
  scope?(id: string): string;
}

const reason = 'account_consent';
/** The scope as it was pushed: core drops what is not on its list. */
const pushed = new WeakMap<object, string>();

function naming({ params = {} }: { params?: unknown }, ctx?: object): Naming {
  const { scope, claims } = params as { scope?: string; claims?: string };
  return { scope: (ctx && pushed.get(ctx)) ?? scope, claims: claims === undefined ? undefined : JSON.parse(claims) };
}

/** Asks the person each time, and tells the page what for. */
function shown(configuration: Configuration, names: ConsentNaming): Configuration {
  const policy = configuration.interactions?.policy ?? interactionPolicy.base();
  const checks = policy.find(({ name }) => name === 'consent')?.checks;
  checks?.remove(reason);
  checks?.add(
    new interactionPolicy.Check(
      reason,
      'a consent is given by the person it is of',
      'consent_required',
      ({ oidc }) => !oidc.result?.consent,
      async ({ oidc }) => {
        const id = names.find(naming(oidc));
        const consent = id && (await Consents.of(oidc.provider).find(id, oidc.client?.clientId));
        return consent ? { [reason]: { permissions: consent.permissions, until: consent.ends_at } } : {};
      },
    ),
  );
  return { ...configuration, interactions: { ...configuration.interactions, policy } };
}

/** The consent a request names, which has to be the client's own, and not yet given. */
async function awaited(ctx: KoaContextWithOIDC, id: string | undefined): Promise<Consent> {
  if (id === undefined) throw new errors.InvalidRequest('the request names no consent');
  const consents = Consents.of(ctx.oidc.provider);
  const consent = await consents.find(id, ctx.oidc.client?.clientId);
  if (!consent) throw new errors.InvalidRequest('the consent the request names is unknown');
  const state = await consents.state(consent);
  if (state === 'authorised') throw new errors.InvalidRequest('the consent the request names was used before');
  if (state !== 'awaiting') throw new errors.InvalidRequest(`the consent the request names is ${state}`);
  return consent;
}

/** A consent that names a person is given by that person alone. */
async function checkPerson({ oidc: { account } }: KoaContextWithOIDC, { person }: Consent): Promise<void> {
  if (!person) return;
  const claims = await account?.claims('id_token', 'openid', {}, []);
  if (claims?.[person.claim] !== person.value) throw new errors.AccessDenied('the consent is another person’s to give');
}

/** A person who says no ends the consent. */
function endOnDenial(provider: Provider, names: ConsentNaming): Middleware {
  const denied = new WeakSet<object>();
  provider.on('authorization.error', (ctx, error) => {
    if (ctx.oidc.route === 'resume' && error.error === 'access_denied') denied.add(ctx);
  });
  const endpointOf = endpoints(provider);
  return async function rejectDenied(ctx, next) {
    await next();
    if (endpointOf(ctx) !== 'resume' || !denied.has(ctx)) return;
    const { Interaction: interaction, Client: client } = (ctx as KoaContextWithOIDC).oidc.entities;
    const id = interaction && names.find(naming(interaction));
    const consent = id ? await Consents.of(provider).find(id, client?.clientId) : undefined;
    if (consent) await Consents.of(provider).reject(consent);
  };
}

/** A refresh token lives as long as the consent it is of. */
function refreshUntilEnd({ RefreshToken: { prototype } }: Provider, issuing: WeakMap<object, Consent>): void {
  const save = prototype.save;
  prototype.save = function saveUntilEnd(this: typeof prototype & { expiresIn?: number }, ...args) {
    const consent = Core.ctx && issuing.get(Core.ctx);
    if (consent && !this.exp) this.expiresIn = consent.ends_at - seconds();
    return save.apply(this, args);
  };
}

/** An ecosystem’s rules of its consents. */
export interface ConsentRules {
  /** The consent belongs to its client, is given once, by a person who was shown it, and ends grant and tokens. */
  readonly lifecycle: Clause;
  readonly api: ConsentApi;
  readonly names: ConsentNaming;
}

/**
 * Authorization requests are for a consent that their client has registered before, by the ecosystem's consent API. The
 * person is shown it and asked each time; a grant of its own comes of it, with which it ends.
 */
export function consents({ lifecycle, api, names }: ConsentRules, mtls: MtlsSettings | undefined): Mechanism {
  const issuing = new WeakMap<object, Consent>();
  return {
    name: 'ecosystems/consents',
    clauses: [lifecycle, api.clause],
    configuration: {
      // A consent outlives the session it was given in.
      expiresWithSession: async () => false,
    },
    prepare: (configuration) =>
      shown(
        { ...configuration, scopes: [...new Set(['openid', ...(configuration.scopes ?? []), ...api.scopes])] },
        names,
      ),
    hooks: {
      'features.requestObjects.assertJwtClaimsAndHeader': refuses((ctx, claims) => {
        const { scope } = claims as { scope?: unknown };
        if (typeof scope === 'string') pushed.set(ctx, scope);
      }),
      'extraParams.scope': (theirs) => async (ctx, value, client) => {
        const { params } = ctx.oidc;
        const { jti } = await awaited(ctx, names.find(naming(ctx.oidc, ctx)));
        if (params && names.scope) params.scope = [...ctx.oidc.requestParamScopes, names.scope(jti)].join(' ');
        await theirs?.(ctx, value, client);
      },
      loadExistingGrant: () => async (ctx) => {
        const { oidc } = ctx;
        const { Interaction: interaction } = oidc.entities;
        const grantId = oidc.result?.consent?.grantId;
        if (!interaction || oidc.route !== 'resume') return undefined;
        const id = names.find(naming(interaction));
        if (oidc.params && names.scope && id) oidc.params.scope = interaction.params.scope;
        const grant = grantId === undefined ? undefined : await oidc.provider.Grant.find(grantId);
        if (!grant) return undefined;
        const all = Consents.of(oidc.provider);
        const known = id === undefined ? undefined : await all.find(id, oidc.client?.clientId);
        const consent = known && known.grantId === grantId ? known : await awaited(ctx, id);
        await checkPerson(ctx, consent);
        if (!(await all.authorise(consent, grant, names.scope?.(consent.jti)))) {
          throw new errors.InvalidRequest('the consent the request names was used before');
        }
        return grant;
      },
      extraTokenClaims: (theirs) => async (ctx, token) => {
        const own = await theirs?.(ctx, token);
        const { AuthorizationCode: code, RefreshToken: refresh } = ctx.oidc.entities;
        const source = code ?? refresh;
        if (token.kind !== 'AccessToken' || !source) return own;
        const id = names.find(source as Naming);
        const consent = id === undefined ? undefined : await Consents.of(ctx.oidc.provider).find(id, token.clientId);
        if (!consent || consent.grantId !== source.grantId || consent.ends_at <= seconds()) {
          throw new errors.InvalidGrant('the consent it is of has ended');
        }
        issuing.set(ctx, consent);
        Object.assign(token, { expiresIn: Math.min(token.expiration, consent.ends_at - seconds()) });
        return { ...own, consent_id: consent.jti };
      },
    },
    middleware: (provider, configuration) => ({
      resource: [consentApi(provider, api, configuration, mtls)],
      protocol: [endOnDenial(provider, names)],
    }),
    attach: (provider) => refreshUntilEnd(provider, issuing),
  };
}
