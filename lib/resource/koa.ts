import type { IncomingMessage } from 'node:http';

import type { Context, Middleware } from 'koa';

import { answerWith, errorAnswer } from '../http/error_answer.ts';
import { interactionId } from '../http/interaction_id.ts';
import type { AccessToken } from './access_token.ts';
import { authorize, challenge, type Protection } from './authorize.ts';
import { Refusal } from './refusal.ts';
import { ofNode } from './request.ts';

/** Members of `ctx.state` after `protect()`. */
export interface ProtectedState {
  token: AccessToken;
}

/**
 * A resource server's duties, before a resource of yours: `ctx.state.token` is the access token's introspection. A refusal is
 * answered, and emitted by the application as `refused`; what is no refusal is thrown.
 *
 * @param rules how tokens are verified, proofs spent, and at which origins the resource is asked for.
 * @example
 * app.use(protect({ verify: tokensOf(provider), unique, origins: ['https://api.example.com'] }));
 * @see [FAPI2-SP-FINAL-5.3.4 - Requirements for resource servers](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.4)
 */
export function protect(rules: Protection<IncomingMessage>): Middleware<ProtectedState> {
  const echo = interactionId();
  async function refusalOf(ctx: Context): Promise<Refusal | undefined> {
    try {
      const seen = ofNode(ctx.req, ctx.originalUrl);
      ctx.state.token = await authorize(seen, () => rules.clientCertificate?.(ctx.req), rules);
      return undefined;
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  }
  return async function protect(ctx, next) {
    let refusal: Refusal | undefined;
    await echo(ctx, async () => {
      refusal = await refusalOf(ctx);
    });
    if (!refusal) return next();
    answerWith(ctx, errorAnswer(refusal.status, refusal.error, refusal.error_description));
    ctx.set(challenge(ofNode(ctx.req), refusal, rules));
    ctx.app.emit('refused', refusal, ctx);
  };
}
