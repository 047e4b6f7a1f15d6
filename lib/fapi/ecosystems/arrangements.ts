import { hash } from 'node:crypto';

import type { Middleware } from 'koa';
import type { Configuration, Grant, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { errors } from 'oidc-provider';

import type { Clause } from '../../clause.ts';
import { endpoints } from '../../http/routes.ts';
import { seconds } from '../../seconds.ts';
import type { Mechanism } from '../mechanism.ts';
import { askedEachTime } from '../prompt_checks.ts';
import { replayOf } from '../replay.ts';
import { endTokens } from './arrangement_revocation.ts';
import { arrangementOf, checkDuration, durationOf, endOf, type Sharing, sharingOf } from './sharing.ts';

/** Asks the person each time, and tells the page until when. */
const shown = (configuration: Configuration): Configuration =>
  askedEachTime(configuration, 'arrangement', 'sharing is for a person to allow, each time', ({ oidc }) => ({
    account_consent: { permissions: [], until: endOf(sharingOf(oidc)) },
  }));

/** Answers true for the one request that may change an arrangement from what it is now. The database decides which. */
function isFirst(provider: Provider, { jti, exp = 0 }: Grant): Promise<boolean> {
  return replayOf(provider).unique(hash('sha256', `arrangement ${jti} ${exp}`, 'base64url'), exp);
}

/** Puts what was allowed now in the place of what an arrangement allowed before; its name stays. */
async function renewed(ctx: KoaContextWithOIDC, arrangement: Grant, allowed: Grant): Promise<Grant> {
  if (!(await isFirst(ctx.oidc.provider, arrangement))) {
    await allowed.destroy();
    throw new errors.InvalidRequest('the arrangement is being changed by another request');
  }
  const { openid, resources, rar, rejected } = allowed;
  Object.assign(arrangement, { openid, resources, rar, rejected });
  await endTokens(ctx.oidc.provider, arrangement.jti);
  await allowed.destroy();
  return arrangement;
}

/** The grant of a consent, which lasts until the sharing ends. */
async function granted(ctx: KoaContextWithOIDC, existing: Clause): Promise<Grant | undefined> {
  const { oidc } = ctx;
  if (oidc.route !== 'resume') return undefined;
  const sharing = sharingOf(oidc);
  const arrangement = await arrangementOf(ctx, sharing, existing.id);
  const grantId = oidc.result?.consent?.grantId;
  const allowed = grantId === undefined ? undefined : await oidc.provider.Grant.find(grantId);
  if (arrangement && arrangement.accountId !== oidc.session?.accountId) {
    await allowed?.destroy();
    throw new errors.AccessDenied(`the arrangement is for another person to change (${existing.id})`);
  }
  if (!allowed) return undefined;
  const grant = arrangement ? await renewed(ctx, arrangement, allowed) : allowed;
  grant.exp = endOf(sharing);
  await grant.save();
  return grant;
}

/** Has refresh tokens last as long as data is shared, and issues none where it is shared once. */
function lasting(configuration: Configuration): Configuration {
  const { issueRefreshToken, ttl } = configuration;
  return {
    ...configuration,
    async issueRefreshToken(ctx, client, source) {
      const { claims } = source as { claims?: Sharing };
      return durationOf(claims ?? {}) > 0 && (await issueRefreshToken?.(ctx, client, source)) === true;
    },
    ttl: {
      ...ttl,
      RefreshToken: ({ oidc }) => Math.max(1, Number(oidc.entities.Grant?.exp) - seconds()),
    },
  };
}

/** Names the arrangement in token responses, and in what is told of a refresh token. */
function named(provider: Provider): Middleware {
  const endpointOf = endpoints(provider);
  return async function named(ctx, next) {
    await next();
    const { oidc } = ctx as Partial<KoaContextWithOIDC>;
    const endpoint = endpointOf(ctx);
    if (ctx.status !== 200 || !oidc) return;
    const { AccessToken: access, RefreshToken: refresh } = oidc.entities;
    const { active } = (ctx.body ?? {}) as { active?: boolean };
    const id = endpoint === 'token' ? access?.grantId : endpoint === 'introspection' && active && refresh?.grantId;
    if (id) ctx.body = { ...(ctx.body as object), cdr_arrangement_id: id };
  };
}

/** The Consumer Data Right's rules of sharing arrangements. */
export interface ArrangementRules {
  readonly duration: Clause;
  readonly existing: Clause;
  readonly expiry: Clause;
  readonly introspection: Clause;
}

/**
 * Keeps sharing arrangements: each consent makes one, or changes the one that the client names. The name of an
 * arrangement is that of its grant, which nobody can guess. It ends when its time is over or when it is revoked, and
 * its tokens end with it.
 *
 * @see [Consumer Data Standards, Requesting Sharing Duration](https://consumerdatastandardsaustralia.github.io/standards/#requesting-sharing-duration)
 */
export function arrangements({ duration, existing, expiry, introspection }: ArrangementRules): Mechanism {
  return {
    name: 'ecosystems/arrangements',
    clauses: [duration, existing, expiry, introspection],
    configuration: {
      claims: { sharing_duration: null },
      // An arrangement outlives the session it was made in.
      expiresWithSession: async () => false,
    },
    prepare: shown,
    compose: lasting,
    hooks: {
      'features.claimsParameter.assertClaimsParameter': (theirs) => async (ctx, claims, client) => {
        checkDuration(claims as Sharing, duration.id);
        await arrangementOf(ctx, claims as Sharing, existing.id);
        await theirs?.(ctx, claims, client);
      },
      loadExistingGrant: () => (ctx) => granted(ctx, existing),
      'features.introspection.allowedPolicy': (theirs) => async (ctx, client, token) =>
        token.kind === 'RefreshToken' && (theirs ? await theirs(ctx, client, token) : true),
      extraTokenClaims: (theirs) => async (ctx, token) => {
        const own = await theirs?.(ctx, token);
        const end = ctx.oidc.entities.Grant?.exp;
        if (token.kind !== 'AccessToken' || end === undefined) return own;
        Object.assign(token, { expiresIn: Math.max(1, Math.min(token.expiration, end - seconds())) });
        return own;
      },
    },
    middleware: (provider) => ({ protocol: [named(provider)] }),
  };
}
