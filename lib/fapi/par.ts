import { decodeJwt, UnsecuredJWT } from 'jose';
import type { Middleware } from 'koa';
import type { Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';
import Core, { errors } from 'oidc-provider';
import { z } from 'zod';

import { endpoints } from '../http/routes.ts';
import { seconds } from '../seconds.ts';
import { filled, presets } from '../settings.ts';
import type { Mechanism } from './mechanism.ts';

/** Settings of the pushed authorization request. */
export const parSettings = z.strictObject({
  request_uri_lifetime: z
    .int()
    .min(5, 'is too short to be used, write 5 to 599 seconds [FAPI2-SP-FINAL-5.3.2.2-12]')
    .max(599, 'is too long, write 5 to 599 seconds [FAPI2-SP-FINAL-5.3.2.2-12]')
    .default(60)
    .describe('seconds in which a pushed request must reach the authorization endpoint, 5 to 599'),
  max_bytes: z
    .int()
    .min(1024, 'is too small, write at least 1024')
    .max(16 * 1024 * 1024, 'is too large, write at most 16777216')
    .default(512 * 1024)
    .describe('bytes of a pushed request; what is larger is refused with 413 before it is read'),
});

export type ParSettings = z.input<typeof parSettings>;

const feature = (configuration: Configuration) => configuration.features?.pushedAuthorizationRequests;

/**
 * Sets the lifetime of pushed requests. Core stores them for at most 60 seconds, and one that was pushed as a form as
 * an unsecured JWT that expires with it: for a longer lifetime the `exp` of that JWT is moved. The `exp` of a signed
 * request object is never moved.
 */
function setLifetime(provider: Provider, longest: number): void {
  const { prototype } = provider.PushedAuthorizationRequest;
  const save = prototype.save;
  const granted = new WeakMap<object, number>();
  prototype.save = async function saveFor(ttl: number) {
    let lifetime = Math.min(ttl, longest);
    // Core makes a request object of what was pushed as a form, without a signature.
    if (this.request && !this.request.endsWith('.')) {
      const { exp } = decodeJwt(this.request);
      // Also of a fraction of a second, and of one that clocks differ about, `expires_in` is a positive integer.
      if (exp) lifetime = Math.max(1, Math.min(Math.floor(exp) - seconds(), longest));
    } else if (this.request && longest > ttl) {
      lifetime = longest;
      this.request = new UnsecuredJWT(decodeJwt(this.request)).setExpirationTime(seconds() + longest).encode();
    }
    granted.set(this, lifetime);
    return save.call(this, lifetime);
  };
  provider.on('pushed_authorization_request.success', (ctx) => {
    const { PushedAuthorizationRequest: pushed } = ctx.oidc.entities;
    if (pushed) (ctx.body as { expires_in: number }).expires_in = granted.get(pushed) ?? longest;
  });
}

/**
 * Spends a pushed request when the person says no. Core spends it when a code is issued only: the same request_uri,
 * opened once more, would still yield a code. Other errors leave it usable, so that the page can be loaded again.
 */
function spendOnDenial(provider: Provider): Middleware {
  const denied = new WeakSet<object>();
  provider.on('authorization.error', (ctx, error) => {
    if (ctx.oidc.route === 'resume' && error.error === 'access_denied') denied.add(ctx);
  });
  const endpointOf = endpoints(provider);
  return function spendDenied(ctx, next) {
    return endpointOf(ctx) === 'resume' ? next().then(() => spend(ctx)) : next();
  };
  async function spend(ctx: object): Promise<void> {
    if (!denied.has(ctx)) return;
    const { parJti } = (ctx as KoaContextWithOIDC).oidc.entities.Interaction as { parJti?: string };
    // Another browser may have finished the same request meanwhile: then it is spent already, which is what we want.
    if (parJti) await provider.PushedAuthorizationRequest.adapter.consume(parJti).catch(ignoreSpent);
  }
}

/** Says why a request_uri is not good, where core has one text for all reasons. */
function sayWhy(provider: Provider): void {
  const { PushedAuthorizationRequest } = provider;
  const find = PushedAuthorizationRequest.find;
  PushedAuthorizationRequest.find = async function findPushed(this: never, ...args: Parameters<typeof find>) {
    const found = (await find.apply(this, args)) as { consumed?: unknown; isExpired?: boolean } | undefined;
    if (Core.ctx?.oidc.route !== 'authorization') return found;
    if (!found) throw new errors.InvalidRequestUri('request_uri is unknown');
    if (found.consumed) throw new errors.InvalidRequestUri('request_uri was used before');
    if (found.isExpired) throw new errors.InvalidRequestUri('request_uri has expired');
    return found;
  } as typeof find;
}

function ignoreSpent(error: { error?: string }): void {
  if (error.error !== 'invalid_request_uri') throw error;
}

/**
 * Ignores what stands beside a pushed request. Core uses none of it either, but refuses a response_type that
 * differs. A redirect_uri stays: where the pushed request cannot be loaded, core tells the client so at one it registered.
 *
 * @see [RFC 9101 section 6.3 - Request Parameter Assembly](https://www.rfc-editor.org/rfc/rfc9101.html#section-6.3)
 */
function ignoreOthers(provider: Provider): Middleware {
  const endpointOf = endpoints(provider);
  return function pushedParametersOnly(ctx, next) {
    if (endpointOf(ctx) === 'authorization') {
      const { response_type, ...others } = ctx.query;
      if (response_type !== undefined && others.request_uri !== undefined) ctx.query = others;
    }
    return next();
  };
}

/**
 * Demands that authorization requests are pushed, and bounds how long a pushed request is good.
 *
 * @see [RFC 9126 - OAuth 2.0 Pushed Authorization Requests](https://www.rfc-editor.org/rfc/rfc9126.html)
 */
export function par(settings: ParSettings = {}): Mechanism {
  const { request_uri_lifetime: lifetime } = filled(parSettings, settings);
  return {
    name: 'par',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.3.2.2-2',
        text: 'shall support client-authenticated pushed authorization requests according to RFC 9126',
        violated: (configuration) =>
          feature(configuration)?.enabled === true
            ? undefined
            : { path: ['features', 'pushedAuthorizationRequests', 'enabled'], text: 'must be true' },
      },
      {
        id: 'FAPI2-SP-FINAL-5.3.2.2-3',
        text: 'shall reject authorization requests sent without RFC 9126',
        violated: (configuration) =>
          feature(configuration)?.requirePushedAuthorizationRequests === true
            ? undefined
            : {
                path: ['features', 'pushedAuthorizationRequests', 'requirePushedAuthorizationRequests'],
                text: 'must be true',
              },
      },
      {
        id: 'FAPI2-SP-FINAL-5.3.2.2-12',
        setting: {
          key: 'par.request_uri_lifetime',
          tightens: (value) => Number(value) < presets(parSettings).request_uri_lifetime,
        },
        text: 'shall issue pushed authorization requests request_uri with expires_in values of less than 600 seconds',
        violated: () =>
          Number.isInteger(lifetime) && lifetime >= 5 && lifetime < 600
            ? undefined
            : { path: ['par', 'request_uri_lifetime'], text: 'must be a whole number of seconds from 5 to 599' },
      },
      {
        id: 'PAR-7.3',
        text: 'the authorization server SHOULD treat request_uri values as one-time use, also when the person refuses',
      },
    ],
    configuration: {
      features: { pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true } },
    },
    middleware: (provider) => ({ protocol: [spendOnDenial(provider), ignoreOthers(provider)] }),
    attach(provider) {
      setLifetime(provider, lifetime);
      sayWhy(provider);
    },
  };
}
