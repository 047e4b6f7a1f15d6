import type { Middleware } from 'koa';
import type Provider from 'oidc-provider';

import { clientCertificate } from '../certificates/presented.ts';
import type { Config } from '../config/load.ts';
import { replayOf } from '../fapi/replay.ts';
import type { Keys } from '../keys/keys.ts';
import { dpopNonces } from '../resource/dpop_nonce.ts';
import { protect } from '../resource/koa.ts';
import { issuedTokens } from './issued_tokens.ts';

/** The sample resource, which answers the members of the token to the client that holds its key. */
export function sampleResource(
  provider: Provider,
  path: string,
  config: Pick<Config, 'issuer' | 'mtls' | 'proxy' | 'dpop' | 'clock_tolerance'>,
  { dpopNonce, jwks }: Keys,
): Middleware {
  const origins = [config.issuer, config.mtls?.url]
    .filter((url) => url !== undefined)
    .map((url) => new URL(url).origin);
  const replay = replayOf(provider);
  const guard = protect({
    verify: issuedTokens(provider, jwks.keys),
    unique: (id, expiresAt) => replay.unique(id, expiresAt),
    clientCertificate: clientCertificate({ proxy: config.proxy }),
    origins,
    clockTolerance: config.clock_tolerance,
    ...(config.dpop.nonce === 'off'
      ? {}
      : { nonce: { nonces: dpopNonces(dpopNonce), required: config.dpop.nonce === 'required' } }),
  });
  return function sampleResource(ctx, next) {
    if (ctx.path !== path) return next();
    return guard(ctx, async () => {
      const { client_id, sub, scope, authorization_details } = ctx.state.token as Record<string, unknown>;
      ctx.set('cache-control', 'no-store');
      ctx.body = { client_id, sub, scope, authorization_details };
    });
  };
}
