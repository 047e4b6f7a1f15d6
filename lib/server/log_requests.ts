import type { KoaContextWithOIDC, Provider } from 'oidc-provider';

import { explanationOf } from '../fapi/refusals.ts';
import { type Endpoint, isFormEndpoint } from '../http/routes.ts';
import { log } from '../log.ts';
import { lineLimit } from './line_limit.ts';

interface Failure {
  code?: string;
  message?: string;
  error?: string;
  error_description?: string;
  error_detail?: string;
  cause?: { message?: string };
  stack?: string;
}

/** Log fields by which an operator finds a request again and understands it; nothing a client sent as a secret is among them. */
function about(ctx: KoaContextWithOIDC, failure: Failure) {
  const { error, error_description, error_detail, cause } = failure;
  return {
    interaction_id: ctx.state?.interactionId as string | undefined,
    method: ctx.method,
    route: ctx.oidc?.route ?? ctx.path,
    client_id: ctx.oidc?.client?.clientId,
    error,
    error_description,
    error_detail,
    cause: cause?.message,
    ...explanationOf(failure),
  };
}

/** Codes of Node for a client that went away, or stopped to speak HTTP, in the middle of its request. */
const hangUps = /^(ECONNRESET|EPIPE|HPE_.+)$/;

/** Not an error of ours: anybody could fill the log with those, and wake whoever is called for them. */
function hungUp({ req: { socket } }: KoaContextWithOIDC, { code = '' }: Failure): boolean {
  return hangUps.test(code) && (socket.destroyed || code.startsWith('HPE_'));
}

const refusals = [
  'authorization.error',
  'grant.error',
  'introspection.error',
  'pushed_authorization_request.error',
  'revocation.error',
  'userinfo.error',
  'end_session.error',
  'refused',
];

/** Writes what was refused, and what went wrong, to the log. */
export function logRequests(provider: Provider): void {
  const mayWrite = lineLimit();
  const emitter = provider as unknown as NodeJS.EventEmitter;
  const refused = (one: unknown, other: unknown) => {
    // Core hands over the context first, Koa the error.
    const [ctx, error] = (one instanceof Error ? [other, one] : [one, other]) as [KoaContextWithOIDC, Failure];
    // A client is who it says it is once it has authenticated; whoever has not is a stranger.
    const client =
      error.error === 'invalid_client' || !isFormEndpoint(ctx.oidc?.route as Endpoint) ? undefined : ctx.oidc?.client;
    if (mayWrite(client?.clientId ?? '', `${error.error ?? error.message}`)) log.info(about(ctx, error), 'refused');
  };
  for (const event of refusals) emitter.on(event, refused);
  emitter.on('server_error', (ctx: KoaContextWithOIDC, error: Failure) =>
    log.error({ ...about(ctx, error), message: error.message, stack: error.stack }, 'server error'),
  );
  emitter.on('error', (error: Failure, ctx?: KoaContextWithOIDC) => {
    if (ctx && hungUp(ctx, error)) log.info({ ...about(ctx, error), message: error.message }, 'the client hung up');
    else log.error({ ...(ctx && about(ctx, error)), message: error.message, stack: error.stack }, 'server error');
  });
}
