import type { EventEmitter } from 'node:events';

import Core, { type AccessToken, type ClientCredentials, type KoaContextWithOIDC, type Provider } from 'oidc-provider';

import type { ClauseId } from '../clause.ts';
import type { Audit } from './audit.ts';
import type { EventName, Occurrence } from './event.ts';

interface Refusal {
  readonly error?: string;
  readonly error_description?: string;
  readonly error_detail?: string;
  readonly clause?: ClauseId;
}

/** The event a refusal is, by the event core tells of it with. */
const refusals: Readonly<Record<string, EventName>> = {
  'pushed_authorization_request.error': 'push.refused',
  'authorization.error': 'request.refused',
  'grant.error': 'tokens.refused',
  'introspection.error': 'introspection.refused',
};

/** The event of a refusal: by its reason, where that has an event of its own, else by where it was refused. */
function eventOf(where: EventName, { error, error_description = '', error_detail = '' }: Refusal): EventName {
  if (error === 'invalid_client') return 'client.refused';
  if (error === 'access_denied' && where === 'request.refused') return 'consent.refused';
  if (/consumed/.test(`${error_description} ${error_detail}`)) return 'code.reused';
  if (/replay|only be used once/i.test(`${error_description} ${error_detail}`)) return 'replay.refused';
  return where;
}

function refused(where: EventName, ctx: KoaContextWithOIDC, refusal: Refusal): Occurrence {
  const { error, error_description, error_detail: reason, clause } = refusal;
  const { client, entities } = ctx.oidc ?? {};
  return {
    event: eventOf(where, refusal),
    clause,
    client: client?.clientId,
    account: entities?.Account?.accountId,
    details: { error, error_description, reason },
  };
}

const binding = (token: { jkt?: string | undefined; 'x5t#S256'?: string | undefined } | undefined) => {
  if (!token) return undefined;
  return token.jkt ? 'DPoP key' : 'certificate';
};

function asked({ params = {} }: KoaContextWithOIDC['oidc']): Occurrence['details'] {
  const { scope, authorization_details, resource, acr_values } = params;
  return { scope, authorization_details, resource, acr_values };
}

/** A person who has logged in on the way. */
function loggedIn({ oidc }: KoaContextWithOIDC): Occurrence | undefined {
  const { login } = oidc.result ?? {};
  return login && { event: 'login.succeeded', account: login.accountId, details: { amr: login.amr, acr: login.acr } };
}

type About = Pick<Occurrence, 'client' | 'account' | 'grantId'>;

/** Consent, where the person was asked for it on the way, and the code. */
function coded({ oidc }: KoaContextWithOIDC): Occurrence[] {
  const { Grant: grant, Account: account, Client: client } = oidc.entities;
  const about: About = { client: client?.clientId, account: account?.accountId, grantId: grant?.jti };
  const consented = {
    scope: grant?.getOIDCScope(),
    claims: grant?.getOIDCClaims(),
    resources: grant?.resources,
    authorization_details: grant?.rar,
  };
  const consent: Occurrence[] = oidc.result?.consent ? [{ event: 'consent.given', ...about, details: consented }] : [];
  return [...consent, { event: 'code.issued', ...about }];
}

function issued({ oidc }: KoaContextWithOIDC, token: AccessToken | ClientCredentials): Occurrence {
  const { accountId, grantId, rar } = token as Partial<AccessToken>;
  return {
    event: 'tokens.issued',
    client: token.clientId,
    account: accountId,
    grantId,
    details: {
      grant_type: oidc.params?.grant_type,
      scope: token.scope,
      bound_to: binding(token),
      authorization_details: rar,
    },
  };
}

/** Wraps a method of a model that writes: what is recorded before it travels with the row. */
function before<Name extends string, Model extends Record<Name, (...args: never[]) => unknown>>(
  prototype: Model,
  name: Name,
  record: (ctx: KoaContextWithOIDC, model: Model) => void,
): void {
  const method = prototype[name];
  const recorded = function recorded(this: Model, ...args: never[]) {
    if (Core.ctx?.oidc) record(Core.ctx, this);
    return method.apply(this, args);
  };
  Object.assign(prototype, { [name]: recorded });
}

/** Records that travel with the rows they tell of. */
function observeRows(provider: Provider, audit: Audit): void {
  const { PushedAuthorizationRequest, AuthorizationCode, AccessToken, ClientCredentials } = provider;
  before(PushedAuthorizationRequest.prototype, 'save', (ctx) => {
    const client = ctx.oidc.client?.clientId;
    audit.record(ctx, { event: 'push.accepted', client, details: asked(ctx.oidc) });
  });
  before(PushedAuthorizationRequest.prototype, 'consume', (ctx) => {
    const { Account: account, Client: client } = ctx.oidc.entities;
    audit.record(ctx, { event: 'request.spent', client: client?.clientId, account: account?.accountId });
  });
  before(AuthorizationCode.prototype, 'save', (ctx) => {
    for (const occurrence of coded(ctx)) audit.record(ctx, occurrence);
  });
  before(AccessToken.prototype, 'save', (ctx, token) => audit.record(ctx, issued(ctx, token)));
  before(ClientCredentials.prototype, 'save', (ctx, token) => audit.record(ctx, issued(ctx, token)));
}

/**
 * Records every security decision that core and the pages tell of. Neither a token nor a code nor a proof is in what
 * is recorded.
 */
export function observe(provider: Provider, audit: Audit): void {
  const emitter = provider as EventEmitter;
  const on = <T>(event: string, listener: (ctx: KoaContextWithOIDC, more: T) => void) => emitter.on(event, listener);
  for (const [event, where] of Object.entries(refusals)) {
    on(event, (ctx, refusal: Refusal) => audit.record(ctx, refused(where, ctx, refusal)));
  }
  observeRows(provider, audit);
  on('interaction.ended', (ctx) => {
    const login = loggedIn(ctx);
    if (login) audit.record(ctx, { ...login, client: ctx.oidc.client?.clientId });
  });
  on('grant.revoked', (ctx, grantId: string) =>
    audit.record(ctx, { event: 'grant.revoked', grantId, client: ctx.oidc?.client?.clientId }),
  );
  on('end_session.success', (ctx) => {
    audit.record(ctx, { event: 'logout.finished', account: ctx.oidc.session?.accountId });
  });
  for (const kind of ['access_token', 'refresh_token', 'client_credentials']) {
    emitter.on(`${kind}.destroyed`, ({ clientId, accountId, grantId }) => {
      if (Core.ctx?.oidc?.route !== 'revocation') return;
      audit.record(Core.ctx, {
        event: 'token.revoked',
        client: clientId,
        account: accountId,
        grantId,
        details: { kind },
      });
    });
  }
  on('occurred', (ctx, occurrence: Occurrence) => audit.record(ctx, occurrence));
}
