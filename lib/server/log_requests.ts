import { decodeJwt } from 'jose';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';

import { explanationOf, refusalEvents } from '../fapi/refusals.ts';
import { fieldOf } from '../http/form_body.ts';
import { type Endpoint, isFormEndpoint } from '../http/routes.ts';
import { type Log, log } from '../log.ts';
import { redacted } from '../redact.ts';
import { lineLimit } from './line_limit.ts';

interface Failure {
  code?: string;
  message?: string;
  error?: string;
  error_description?: string;
  error_detail?: string;
  cause?: unknown;
  stack?: string;
}

/** The beginning of a text of a stranger's, for the log. */
const short = (value: unknown): string | undefined => (typeof value === 'string' ? value.slice(0, 200) : undefined);

function issuerOf(assertion: string | undefined): unknown {
  try {
    return assertion && decodeJwt(assertion).iss;
  } catch {
    return undefined;
  }
}

/** The client_id that a request names; it has not been authenticated. */
function attempted(ctx: KoaContextWithOIDC): string | undefined {
  const named = ctx.oidc?.params?.client_id ?? fieldOf(ctx, 'client_id') ?? ctx.query.client_id;
  return short(named ?? issuerOf(fieldOf(ctx, 'client_assertion')));
}

/** Every cause of an error, down to the one it began with, without passwords of URLs. */
export function causesOf({ cause }: { cause?: unknown }): string | undefined {
  const found: string[] = [];
  for (let inner = cause; inner instanceof Error && found.length < 8; inner = inner.cause) {
    const { code } = inner as Failure;
    const first = inner instanceof AggregateError ? (inner.errors[0] as Error | undefined)?.message : undefined;
    found.push(redacted(inner.message || first || code || inner.name));
  }
  return found.length > 0 ? found.join(': ') : undefined;
}

/**
 * The members of a line: everything an operator needs to find a request and to understand it, and no secret that a
 * client sent.
 */
function about(ctx: KoaContextWithOIDC, failure: Failure) {
  const { error, error_description, error_detail } = failure;
  const client_id = ctx.oidc?.client?.clientId;
  const claimed = attempted(ctx);
  return {
    interaction_id: ctx.state?.interactionId as string | undefined,
    method: ctx.method,
    route: ctx.oidc?.route ?? ctx.path,
    client_id,
    attempted_client_id: claimed === client_id ? undefined : claimed,
    redirect_uri: short(ctx.oidc?.params?.redirect_uri ?? fieldOf(ctx, 'redirect_uri')),
    error,
    error_description,
    error_detail,
    cause: causesOf(failure),
    ...explanationOf(failure),
  };
}

/** Node's codes for a client that went away, or stopped to speak HTTP, in the middle of its request. */
const hangUps = /^(ECONNRESET|EPIPE|HPE_.+)$/;

/**
 * True where the client broke the connection off, which is no error of the server's: anybody could fill the log with
 * those.
 */
function hungUp({ req: { socket } }: KoaContextWithOIDC, { code = '' }: Failure): boolean {
  return hangUps.test(code) && (socket.destroyed || code.startsWith('HPE_'));
}

/**
 * Logs logins and attempts at them. The name that was typed is not logged, as it may be a password in the wrong field.
 */
function logLogins(emitter: NodeJS.EventEmitter, to: Log, mayWrite: (source: string, kind: string) => boolean): void {
  const who = (ctx: KoaContextWithOIDC, client_id: string | undefined) => ({
    interaction_id: ctx.state?.interactionId as string | undefined,
    client_id,
    address: ctx.ip,
  });
  emitter.on('occurred', (ctx: KoaContextWithOIDC, { event, client }: { event: string; client?: string }) => {
    if (event === 'login.limited') {
      if (mayWrite('login', event)) to.warn(who(ctx, client), 'too many attempts to log in');
    } else if (event === 'login.refused' && mayWrite('login', event)) to.info(who(ctx, client), 'a login was refused');
  });
  emitter.on('interaction.ended', (ctx: KoaContextWithOIDC) => {
    if (ctx.oidc.result?.login) to.info(who(ctx, ctx.oidc.client?.clientId), 'a person logged in');
  });
}

/** Logs what was refused, what went wrong, and who logged in. Requests for unknown paths are counted only. */
export function logRequests(provider: Provider, to: Log = log): void {
  const { mayWrite, count } = lineLimit(to);
  const emitter = provider as NodeJS.EventEmitter;
  const refused = (one: unknown, other: unknown) => {
    // Core hands over the context first, Koa the error.
    const [ctx, error] = (one instanceof Error ? [other, one] : [one, other]) as [KoaContextWithOIDC, Failure];
    // A step of the protocol, which every client takes again and again.
    if (error.error === 'use_dpop_nonce') return to.debug(about(ctx, error), 'asked for a nonce');
    // A client is who it says it is once it has authenticated; whoever has not is a stranger.
    const client =
      error.error === 'invalid_client' || !isFormEndpoint(ctx.oidc?.route as Endpoint) ? undefined : ctx.oidc?.client;
    if (mayWrite(client?.clientId ?? '', `${error.error ?? error.message}`)) to.info(about(ctx, error), 'refused');
  };
  for (const event of refusalEvents) emitter.on(event, refused);
  emitter.on('noticed', (ctx: KoaContextWithOIDC, error: Failure) => {
    if (mayWrite(ctx.oidc.client?.clientId ?? '', `noticed ${error.error}`)) to.info(about(ctx, error), 'noticed');
  });
  logLogins(emitter, to, mayWrite);
  emitter.on('not_found', () => count('not_found'));
  emitter.on('server_error', (ctx: KoaContextWithOIDC, error: Failure) =>
    to.error({ ...about(ctx, error), message: error.message, stack: error.stack }, 'server error'),
  );
  emitter.on('error', (error: Failure, ctx?: KoaContextWithOIDC) => {
    if (ctx && hungUp(ctx, error)) to.info({ ...about(ctx, error), message: error.message }, 'the client hung up');
    else to.error({ ...(ctx && about(ctx, error)), message: error.message, stack: error.stack }, 'server error');
  });
}
