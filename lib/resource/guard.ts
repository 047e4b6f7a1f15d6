import type { IncomingMessage } from 'node:http';

import { errorAnswer, inJson } from '../http/error_answer.ts';
import { interactionIdOf } from '../http/interaction_id.ts';
import type { AccessToken } from './access_token.ts';
import { authorize, challenge, type Protection } from './authorize.ts';
import { Refusal } from './refusal.ts';
import { ofNode, ofWeb } from './request.ts';

/** A request that may pass: its token, and headers for the answer. */
export interface Granted {
  readonly token: AccessToken;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A request that may not pass, with the whole answer to it: `new Response(refused.body, refused)` makes one of the Web.
 */
export interface Refused {
  readonly token: undefined;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
  /** For the log. */
  readonly error: Error;
}

export type Verdict = Granted | Refused;

/**
 * Turns an error into a refusal: 503 where the token could not be verified; `undefined` for an error of the
 * application.
 */
function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if ((error as { status?: unknown } | undefined)?.status !== 503) return undefined;
  return new Refusal('temporarily_unavailable', 'try again later', { status: 503, cause: error });
}

/**
 * Judges requests at a resource: a function of a request of the Web or of node, for any framework. It takes Fastify's
 * `request.raw`, Hono's `c.req.raw` or `c.env.incoming`, Nest's Express request.
 *
 * @param rules how tokens are verified, proofs spent, and at which origins the resource is asked for.
 * @throws an error of `verify` or `unique` without `status: 503`, from the function it returns.
 * @example
 * const judge = guard({ verify, unique, origins: ['https://api.example.com'], audience: 'https://api.example.com' });
 * const verdict = await judge(request);
 * if (!verdict.token) return new Response(verdict.body, verdict);
 * @see [FAPI2-SP-FINAL-5.3.4 - Requirements for resource servers](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.4)
 */
export function guard<R extends Request | IncomingMessage>(rules: Protection<R>): (request: R) => Promise<Verdict> {
  return async function judge(request) {
    const seen = 'headersDistinct' in request ? ofNode(request) : ofWeb(request);
    const [id] = seen.header('x-fapi-interaction-id');
    const echoed = { 'x-fapi-interaction-id': interactionIdOf(id) };
    try {
      const token = await authorize(seen, () => rules.clientCertificate?.(request), rules);
      return { token, headers: echoed };
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      const { status, error: code, error_description } = refusal;
      const { headers, body } = inJson(errorAnswer(status, code, error_description));
      const how = status === 503 ? {} : challenge(seen, refusal, rules);
      return { token: undefined, status, headers: { ...headers, ...echoed, ...how }, body, error: error as Error };
    }
  };
}
