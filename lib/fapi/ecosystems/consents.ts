import type { Middleware } from 'koa';
import type { Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';
import Core, { errors } from 'oidc-provider';

import type { Clause } from '../../clause.ts';
import { endpoints } from '../../http/routes.ts';
import { seconds } from '../../seconds.ts';
import { refuses } from '../hooks.ts';
import type { Mechanism } from '../mechanism.ts';
import type { MtlsSettings } from '../mtls.ts';
import { askedEachTime } from '../prompt_checks.ts';
import { type Consent, Consents } from './consent.ts';
import { type ConsentApi, consentApi } from './consent_api.ts';
import { type ConsentNaming, type Naming, namingOf, pushedScope } from './consent_naming.ts';

/** An ecosystem’s rules of its consents; a request that one of these clauses refuses is told which. */
export interface ConsentRules {
  /** A request names a consent that its client has registered, and that nobody has given or ended yet. */
  readonly named: Clause;
  /** The person it names gives it, after having been shown it. */
  readonly given: Clause;
  /** Grant and tokens last as long as the consent, and no longer. */
  readonly lasting: Clause;
  readonly api: ConsentApi;
  readonly names: ConsentNaming;
}

const reason = 'account_consent';

const told = (text: string, { id }: Clause) => `${text} (${id})`;

/** Asks the person each time, and tells the page what for. */
const shown = (configuration: Configuration, names: ConsentNaming): Configuration =>
  askedEachTime(configuration, reason, 'a consent is given by the person it is of', async ({ oidc }) => {
    const id = names.find(namingOf(oidc), oidc.issuer);
    const consent = id && (await Consents.of(oidc.provider).find(id, oidc.client?.clientId));
    if (!consent) return {};
    const { permissions, ends_at: until } = consent;
    return { [reason]: { permissions, until, named_by: names.claim } };
  });

/** The consent a request names, which has to be the client's own, and not yet given. */
async function awaited(ctx: KoaContextWithOIDC, id: string | undefined, rule: Clause): Promise<Consent> {
  const refused = (text: string) => new errors.InvalidRequest(told(text, rule));
  if (id === undefined) throw refused('the request names no consent');
  const consents = Consents.of(ctx.oidc.provider);
  const consent = await consents.find(id, ctx.oidc.client?.clientId);
  if (!consent) throw refused('the consent the request names is unknown');
  const state = await consents.state(consent);
  if (state === 'authorised') throw refused('the consent the request names was used before');
  if (state !== 'awaiting') throw refused(`the consent the request names is ${state}`);
  return consent;
}

/** Refuses another person than the one a consent names. */
async function checkPerson({ oidc: { account } }: KoaContextWithOIDC, consent: Consent, rule: Clause): Promise<void> {
  if (!consent.person?.length) return;
  const claims: Record<string, unknown> = (await account?.claims('id_token', 'openid', {}, [])) ?? {};
  const isOf = ({ claim, value }: { claim: string; value: string }) => [claims[claim]].flat().includes(value);
  if (!consent.person.every(isOf))
    throw new errors.AccessDenied(told('the consent is for another person to give', rule));
}

/** Ends the consent where the person says no. */
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
    const id = interaction && names.find(namingOf(interaction), provider.issuer);
    const consent = id ? await Consents.of(provider).find(id, client?.clientId) : undefined;
    if (consent) await Consents.of(provider).reject(consent);
  };
}

/** Has a refresh token live as long as the consent it is of. */
function refreshUntilEnd({ RefreshToken: { prototype } }: Provider, issuing: WeakMap<object, Consent>): void {
  const save = prototype.save;
  prototype.save = function saveUntilEnd(this: typeof prototype & { expiresIn?: number }, ...args) {
    const consent = Core.ctx && issuing.get(Core.ctx);
    if (consent && !this.exp) this.expiresIn = consent.ends_at - seconds();
    return save.apply(this, args);
  };
}

/**
 * Takes authorization requests only for a consent that their client has registered before, by the ecosystem's consent
 * API. The person is shown the consent and asked each time. It makes a grant of its own, and both end together.
 *
 * @param rules the clauses, the API, and how a request names its consent.
 * @param mtls where clients with certificates reach it.
 * @example
 * consents({ named, given, lasting, api, names }, settings.mtls)
 */
export function consents(rules: ConsentRules, mtls: MtlsSettings | undefined): Mechanism {
  const { named, given, lasting, api, names } = rules;
  const issuing = new WeakMap<object, Consent>();
  return {
    name: 'ecosystems/consents',
    clauses: [named, given, lasting, api.clause],
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
      'features.requestObjects.assertJwtClaimsAndHeader': refuses((ctx, claims) => pushedScope(ctx, claims)),
      'extraParams.scope': (theirs) => async (ctx, value, client) => {
        const { params, issuer } = ctx.oidc;
        const { jti } = await awaited(ctx, names.find(namingOf(ctx.oidc, ctx), issuer), named);
        if (params && names.scope) params.scope = [...ctx.oidc.requestParamScopes, names.scope(jti, issuer)].join(' ');
        await theirs?.(ctx, value, client);
      },
      loadExistingGrant: () => async (ctx) => {
        const { oidc } = ctx;
        const { Interaction: interaction } = oidc.entities;
        const grantId = oidc.result?.consent?.grantId;
        if (!interaction || oidc.route !== 'resume') return undefined;
        const id = names.find(namingOf(interaction), oidc.issuer);
        if (oidc.params && names.scope && id) oidc.params.scope = interaction.params.scope;
        const grant = grantId === undefined ? undefined : await oidc.provider.Grant.find(grantId);
        if (!grant) return undefined;
        const all = Consents.of(oidc.provider);
        const known = id === undefined ? undefined : await all.find(id, oidc.client?.clientId);
        const consent = known && known.grantId === grantId ? known : await awaited(ctx, id, named);
        await checkPerson(ctx, consent, given);
        if (!(await all.authorise(consent, grant, names.scope?.(consent.jti, oidc.issuer)))) {
          throw new errors.InvalidRequest(told('the consent the request names was used before', named));
        }
        return grant;
      },
      extraTokenClaims: (theirs) => async (ctx, token) => {
        const own = await theirs?.(ctx, token);
        const { AuthorizationCode: code, RefreshToken: refresh } = ctx.oidc.entities;
        const source = code ?? refresh;
        if (token.kind !== 'AccessToken' || !source) return own;
        const id = names.find(source as Naming, ctx.oidc.issuer);
        const consent = id === undefined ? undefined : await Consents.of(ctx.oidc.provider).find(id, token.clientId);
        if (!consent || consent.grantId !== source.grantId || consent.ends_at <= seconds()) {
          throw new errors.InvalidGrant(told('the consent it is of has ended', lasting));
        }
        issuing.set(ctx, consent);
        Object.assign(token, { expiresIn: Math.min(token.expiration, consent.ends_at - seconds()) });
        return { ...own, consent_id: names.shown?.(consent.jti, ctx.oidc.issuer) ?? consent.jti };
      },
    },
    middleware: (provider, configuration) => ({
      resource: [consentApi(provider, api, configuration, mtls)],
      protocol: [endOnDenial(provider, names)],
    }),
    attach: (provider) => refreshUntilEnd(provider, issuing),
  };
}
