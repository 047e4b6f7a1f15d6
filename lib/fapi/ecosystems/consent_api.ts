import type { JWK } from 'jose';
import type { Context, Middleware } from 'koa';
import type { Client, Configuration, Provider } from 'oidc-provider';

import { clientCertificate } from '../../certificates/presented.ts';
import type { Clause } from '../../clause.ts';
import { received } from '../../http/received.ts';
import { tokensOf } from '../../resource/access_tokens.ts';
import { protect } from '../../resource/koa.ts';
import { Refusal } from '../../resource/refusal.ts';
import type { MtlsSettings } from '../mtls.ts';
import { replayOf } from '../replay.ts';
import { type Consent, type ConsentRequest, type ConsentState, Consents } from './consent.ts';

/** An ecosystem's consents on the wire. */
export interface ConsentApi {
  readonly clause: Clause;
  /** Path of the POST that registers a consent; each is read and ended below it, by GET and DELETE. */
  readonly path: string;
  /** Scope of the client_credentials token that is asked for. */
  readonly scope: string;
  /** Scopes the server knows besides its own. */
  readonly scopes: readonly string[];
  /** Media type of both bodies. */
  readonly type: string;
  /** The id in the store of one as the ecosystem writes it, where the two differ. */
  local?(id: string, issuer: string): string | undefined;
  /** @throws {Refusal} for what is no request for a consent. */
  read(body: string, client: Client, server: Server): Promise<ConsentRequest> | ConsentRequest;
  write(consent: Consent, state: ConsentState, server: Server): Promise<string> | string;
  /** The body of a refusal, where the ecosystem has another form than OAuth's. */
  fault?(refusal: Refusal, clause: Clause): object;
  /** Status of the answer to an end of what has ended already; 204 when left out. */
  readonly endedTwice?: number;
}

/** The server that answers. */
export interface Server {
  readonly issuer: string;
  /** Private signing keys. */
  readonly keys: readonly JWK[];
}

const invalid = (description: string, status = 400) => new Refusal('invalid_request', description, { status });

/** Bytes of a consent. */
const most = 64 * 1024;

const tooLarge = () => invalid(`a consent must not be larger than ${most} bytes`, 413);

interface Desk {
  readonly api: ConsentApi;
  readonly consents: Consents;
  readonly server: Server;
}

async function register({ api, consents, server }: Desk, ctx: Context, client: Client): Promise<void> {
  if (!ctx.is(api.type)) throw invalid(`the body has to be ${api.type}`, 415);
  const consent = await consents.create(
    client.clientId,
    await api.read(`${await received(ctx.req, most, tooLarge)}`, client, server),
  );
  ctx.status = 201;
  ctx.type = api.type;
  ctx.body = await api.write(consent, 'awaiting', server);
}

async function answer({ api, consents, server }: Desk, ctx: Context, client: Client, id: string): Promise<void> {
  const local = api.local ? api.local(id, server.issuer) : id;
  const consent = local === undefined ? undefined : await consents.find(local, client.clientId);
  if (!consent) throw invalid('the consent is unknown', 404);
  const state = await consents.state(consent);
  if (ctx.method === 'DELETE') {
    const open = ['awaiting', 'authorised'].includes(state);
    if (!open && api.endedTwice) throw invalid('the consent has ended already', api.endedTwice);
    if (!(await consents.revoke(consent, ctx))) throw invalid('the consent is being given at this moment', 409);
    ctx.status = 204;
    return;
  }
  ctx.type = api.type;
  ctx.body = await api.write(consent, state, server);
}

/** A token of the client's own: one that a person has granted is for what the consent is about. */
async function ownClient(ctx: Context, provider: Provider): Promise<Client> {
  const { client_id, sub } = ctx.state.token as { client_id: string; sub?: string };
  if (sub !== undefined) {
    throw new Refusal('insufficient_scope', 'a client_credentials token is asked for', { status: 403 });
  }
  const client = await provider.Client.find(client_id);
  if (!client) throw new Refusal('invalid_token', 'the client of the access token is unknown');
  return client;
}

async function serve(desk: Desk, ctx: Context, id: string, provider: Provider): Promise<void> {
  ctx.set('cache-control', 'no-store');
  try {
    const allowed = id ? ['GET', 'DELETE'] : ['POST'];
    if (!allowed.includes(ctx.method)) {
      ctx.set('allow', allowed.join(', '));
      throw invalid(`only ${allowed.join(' and ')} is allowed`, 405);
    }
    const client = await ownClient(ctx, provider);
    await (id ? answer(desk, ctx, client, id) : register(desk, ctx, client));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    ctx.status = error.status;
    const { error: code, error_description } = error;
    const { clause, fault } = desk.api;
    ctx.body = fault?.(error, clause) ?? { error: code, error_description: `${error_description} (${clause.id})` };
    ctx.app.emit('refused', error, ctx);
  }
}

/**
 * A consent API as a sample resource. A deployment has its own in its place, by middleware in an earlier stage, `pages`,
 * of its module in `extend`: within a stage ours runs first.
 */
export function consentApi(
  provider: Provider,
  api: ConsentApi,
  { jwks }: Configuration,
  mtls: MtlsSettings | undefined,
): Middleware {
  const replay = replayOf(provider);
  const guard = protect({
    verify: tokensOf(provider),
    unique: (id, expiresAt) => replay.unique(id, expiresAt),
    clientCertificate: clientCertificate({ proxy: mtls?.proxy }),
    origins: [provider.issuer, mtls?.url].flatMap((url) => (url === undefined ? [] : [new URL(url).origin])),
    scope: api.scope,
  });
  const server = { issuer: provider.issuer, keys: (jwks?.keys ?? []) as JWK[] };
  const desk = { api, consents: Consents.of(provider), server };
  return function consentApi(ctx, next) {
    if (ctx.path !== api.path && !ctx.path.startsWith(`${api.path}/`)) return next();
    const id = ctx.path.slice(api.path.length + 1);
    return guard(ctx, () => serve(desk, ctx, id, provider));
  };
}
