import type { Middleware } from 'koa';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';

import { isHandedOver } from '../http/handed_over.ts';
import { presets } from '../settings.ts';
import { reword } from './authorization_response.ts';
import { clientAuthSettings } from './client_auth.ts';
import type { Mechanism } from './mechanism.ts';
import type { RefusalSettings } from './refusal_settings.ts';
import { authorizationRequests } from './refusals/authorization_requests.ts';
import { clientAuthentication } from './refusals/client_authentication.ts';
import { proofs } from './refusals/proofs.ts';
import type { Facts, KnownRefusal } from './refusals/refusal.ts';
import { richRequests } from './refusals/rich_requests.ts';
import { tokens } from './refusals/tokens.ts';

/** The table of refusals that have words of their own; the page of refusals is made of it. */
export const refusals: readonly KnownRefusal[] = [
  ...proofs,
  ...tokens,
  ...richRequests,
  ...authorizationRequests,
  ...clientAuthentication,
];

interface Failure {
  readonly error?: string;
  readonly error_description?: string;
  readonly error_detail?: string;
  readonly cause?: unknown;
}

/** The words of an error, from what the client is told to the innermost cause. */
function wordsOf({ error, error_description, error_detail, cause }: Failure): string {
  const words = [error_description, error_detail, error];
  for (let inner = cause, depth = 0; inner instanceof Error && depth < 4; inner = inner.cause, depth += 1) {
    words.push(inner.message);
  }
  return words.filter(Boolean).join('\n');
}

/** The entry of the table that an error belongs to. */
export function refusalOf(failure: Failure): KnownRefusal | undefined {
  const words = wordsOf(failure);
  // A request object expires as an assertion does, in the same words.
  const first = failure.error === 'invalid_client' ? clientAuthentication : [];
  return [...first, ...refusals].find(({ when }) => when.test(words));
}

/** Makes a text an error description: ASCII without quotation mark and backslash (RFC 6749 section 5.2). */
const legible = (text: string) =>
  text
    .replace(/["\\]/g, "'")
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 600);

export function textOf(
  { wrong, todo, keep }: KnownRefusal,
  facts: Facts,
  { error_description: given }: Failure = {},
): string {
  const what = keep && given ? `${wrong} (${given})` : wrong;
  return legible(`${what}: ${typeof todo === 'string' ? todo : todo(facts)}`);
}

const usual = presets(clientAuthSettings);

function factsOf(ctx: KoaContextWithOIDC, provider: Provider, settings: RefusalSettings): Facts {
  const { params, client } = ctx.oidc ?? {};
  return {
    issuer: provider.issuer,
    mtls: settings.mtls?.replace(/\/$/, '') ?? provider.issuer,
    assertion_lifetime: settings.assertion_lifetime ?? usual.client_assertion_lifetime,
    redirect_uri: `${params?.redirect_uri ?? ''}`.slice(0, 200),
    registered: (client?.redirectUris ?? []).slice(0, 3).join(', '),
  };
}

/** An error in the words of the table, as the log has it. */
export interface Explained {
  readonly refusal: string;
  readonly reason: string;
}

const explained = new WeakMap<object, Explained>();

/** Finds the refusal of the table for an error that was answered with these words, or would have been. */
export const explanationOf = (error: object): Explained | undefined => explained.get(error);

/** Events that core, or a middleware of ours, emits at a refusal. */
export const refusalEvents = [
  'authorization.error',
  'pushed_authorization_request.error',
  'grant.error',
  'introspection.error',
  'revocation.error',
  'userinfo.error',
  'backchannel_authentication.error',
  'end_session.error',
  'refused',
];

/**
 * Says why a request was refused: what is wrong, what was expected, what to do. A client that did not authenticate is
 * told no reason, unless the setting says so: an unknown client and one with a wrong key get the same answer.
 */
export function explainRefusals(settings: RefusalSettings = {}): Mechanism {
  const { explain_authentication = false, documentation } = settings;
  const noted = new WeakMap<object, Failure>();
  const warned = new WeakMap<object, Failure>();

  function answer(ctx: KoaContextWithOIDC, provider: Provider): void {
    const failure = (ctx.state.refused as Failure | undefined) ?? noted.get(ctx);
    const body = ctx.body as { error?: unknown } | undefined;
    const refusal = failure && refusalOf(failure);
    if (!refusal || typeof body !== 'object' || typeof body?.error !== 'string') return;
    if (refusal.secret && failure.error === 'invalid_client' && !explain_authentication) return;
    const { error_description } = body as Failure;
    const told = error_description === undefined ? failure : { ...failure, error_description };
    ctx.status = refusal.status ?? ctx.status;
    ctx.body = {
      ...body,
      error: refusal.error ?? body.error,
      // A mechanism may have said more of it than core.
      error_description: textOf(refusal, factsOf(ctx, provider, settings), told),
      ...(documentation && { error_uri: `${documentation}#${refusal.id}` }),
    };
  }

  /** Says why a request was refused in an authorization response, which goes by way of the browser. */
  async function answerClient(ctx: KoaContextWithOIDC, provider: Provider): Promise<void> {
    const failure = noted.get(ctx);
    const refusal = failure && refusalOf(failure);
    if (!refusal || refusal.secret) return;
    const words = {
      error_description: textOf(refusal, factsOf(ctx, provider, settings), failure),
      ...(documentation && { error_uri: `${documentation}#${refusal.id}` }),
    };
    await reword({ ctx, provider, failure, words });
  }

  /** Adds a warning to the answer of a request that was taken: parts of it were ignored. */
  function warn(ctx: KoaContextWithOIDC, provider: Provider): void {
    const failure = warned.get(ctx);
    const refusal = failure && refusalOf(failure);
    if (!refusal || typeof ctx.body !== 'object') return;
    ctx.body = {
      ...ctx.body,
      warning: textOf(refusal, factsOf(ctx, provider, settings), failure),
      ...(documentation && { warning_uri: `${documentation}#${refusal.id}` }),
    };
  }

  function note(provider: Provider): void {
    for (const event of [...refusalEvents, 'noticed']) {
      (provider as NodeJS.EventEmitter).on(event, (one: object, other: object) => {
        const [ctx, error] = (one instanceof Error ? [other, one] : [one, other]) as [
          KoaContextWithOIDC,
          Failure & object,
        ];
        (event === 'noticed' ? warned : noted).set(ctx, error);
        const refusal = refusalOf(error);
        if (!refusal) return;
        explained.set(error, { refusal: refusal.id, reason: textOf(refusal, factsOf(ctx, provider, settings), error) });
      });
    }
  }

  return {
    name: 'refusals',
    clauses: [
      {
        id: 'DPOP-5',
        text: 'a token request without the proof its client needs is told so, and not that its grant is invalid',
      },
      {
        id: 'RFC6749-5.2-1',
        text: 'unauthorized_client: the authenticated client is not authorized to use this authorization grant type',
      },
    ],
    middleware(provider) {
      const explain: Middleware = async function explain(ctx, next) {
        await next();
        if (isHandedOver(ctx)) return;
        if (ctx.status === 303 || typeof ctx.body === 'string') await answerClient(ctx as KoaContextWithOIDC, provider);
        else if (ctx.status >= 400) answer(ctx as KoaContextWithOIDC, provider);
        else if (warned.has(ctx)) warn(ctx as KoaContextWithOIDC, provider);
      };
      return { answer: [explain] };
    },
    attach: note,
  };
}
