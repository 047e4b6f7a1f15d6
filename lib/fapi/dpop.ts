import type { Context, Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { z } from 'zod';

import { normalized } from '../http/normalized_url.ts';
import { type Endpoint, endpoints } from '../http/routes.ts';
import { type DpopNonces, dpopNonces } from '../resource/dpop_nonce.ts';
import { filled } from '../settings.ts';
import type { Mechanism } from './mechanism.ts';
import { proofClaims } from './proof_claims.ts';

/** Settings of Demonstrating Proof of Possession. */
export const dpopSettings = z.strictObject({
  nonce: z
    .enum(['off', 'optional', 'required'])
    .default('optional')
    .describe('server nonces in DPoP proofs: not given, given and checked when used, or demanded (RFC 9449 section 8)'),
});

export type DpopSettings = z.input<typeof dpopSettings> & {
  /** 32 bytes that all processes share. Default: the one that `knexAdapter()` keeps in its database. */
  nonceSecret?: Buffer;
};

/**
 * Has core compare the proof's htu with the URL in the client's spelling, where that is the same URL: the next URL that
 * core asks for is answered with it.
 */
function spellAsProof(ctx: KoaContextWithOIDC): void {
  const { oidc } = ctx;
  const { htu } = proofClaims(ctx);
  const given = typeof htu === 'string' ? URL.parse(htu) : null;
  if (!given) return;
  given.search = given.hash = '';
  const own = oidc.urlFor(`${oidc.route}`);
  if (given.href === own || normalized(given.href) !== normalized(own)) return;
  Object.assign(oidc, {
    urlFor() {
      delete (oidc as Partial<typeof oidc>).urlFor;
      return given.href;
    },
  });
}

const proven: readonly Endpoint[] = ['pushed_authorization_request', 'token'];

/**
 * Asks for a nonce before anything of the request is looked at. Core asks when the client has authenticated, which spends
 * its assertion: a client that repeats the request with the nonce, and the same assertion, would be refused.
 */
function askFirst(nonces: DpopNonces, required: boolean): (ctx: Context) => void {
  return function ask(ctx) {
    if (!ctx.get('dpop')) return;
    const { nonce } = proofClaims(ctx);
    if (nonce === undefined ? !required : typeof nonce !== 'string' || nonces.valid(nonce)) return;
    ctx.set('dpop-nonce', nonces.current());
    throw new errors.UseDpopNonce(
      nonce === undefined ? 'nonce is required in the DPoP proof' : 'invalid nonce in DPoP proof',
    );
  };
}

/** True for 32 bytes, and for none where the adapter keeps what all processes share. */
function isSecret(given: { byteLength: number } | undefined, adapter: unknown): boolean {
  return given ? given.byteLength === 32 : typeof (adapter as { kept?: unknown } | undefined)?.kept === 'function';
}

/**
 * Takes DPoP proofs, and asks for nonces before a client has authenticated.
 *
 * @see [RFC 9449 - OAuth 2.0 Demonstrating Proof of Possession](https://www.rfc-editor.org/rfc/rfc9449.html)
 */
export function dpop(settings: DpopSettings = {}): Mechanism {
  const { nonce, nonceSecret } = filled(dpopSettings, settings);
  return {
    name: 'dpop',
    ...(nonce !== 'off' && { sharedSecret: ['features', 'dPoP', 'nonceSecret'] }),
    clauses: [
      {
        id: 'DPOP-4.3',
        text: 'htu matches the URI of the request after syntax-based normalization',
      },
      {
        id: 'DPOP-8',
        text: 'the server asks for a nonce before it takes anything of the request, so that the request can be repeated',
      },
      {
        id: 'FAPI2-SP-FINAL-5.3.2.1-10',
        setting: { key: 'dpop.nonce', tightens: (value) => value === 'required' },
        text: 'may use the server-provided nonce mechanism of DPoP',
        violated: ({ features, adapter }) =>
          nonce === 'off' || isSecret(features?.dPoP?.nonceSecret, adapter)
            ? undefined
            : {
                path: ['features', 'dPoP', 'nonceSecret'],
                text: "must be 32 bytes, the same in every process: write `dpop: { nonceSecret }` of the profile, or use knexAdapter(), which keeps one; or nonce: 'off'",
              },
      },
    ],
    configuration: {
      features: { dPoP: { enabled: true, ...(nonce !== 'off' && nonceSecret && { nonceSecret }) } },
    },
    hooks: {
      'features.dPoP.requireNonce': (theirs) => (ctx) => {
        spellAsProof(ctx);
        const asked = theirs?.(ctx) ?? false;
        return nonce === 'required' || asked;
      },
    },
    middleware(provider, { features }) {
      const secret = features?.dPoP?.nonceSecret;
      if (!secret) return {};
      const endpointOf = endpoints(provider);
      const ask = askFirst(dpopNonces(secret), nonce === 'required');
      const nonceFirst: Middleware = function nonceFirst(ctx, next) {
        if (proven.includes(endpointOf(ctx))) ask(ctx);
        return next();
      };
      return { protocol: [nonceFirst] };
    },
  };
}
