import type { AccessToken, Client, ClientCredentials, RefreshToken } from 'oidc-provider';
import { errors } from 'oidc-provider';

import { enabled } from './feature_enabled.ts';
import { both } from './hooks.ts';
import type { Mechanism } from './mechanism.ts';
import type { ResourceInput } from './resource_settings.ts';

/** Settings of token introspection. */
export interface IntrospectionSettings {
  /**
   * Protected resources that are clients as well, by client_id, and whose tokens they may ask about: audiences, or `'any'`.
   * Needed where a resource obtains tokens itself, or registered by itself.
   */
  readonly resource_servers?: Readonly<Record<string, readonly string[] | 'any'>>;
}

type Token = AccessToken | ClientCredentials | RefreshToken;
type Known = readonly Pick<ResourceInput, 'identifier' | 'audience' | 'introspected_by'>[];

const audiences = (token: Token): readonly string[] => ('aud' in token && token.aud ? [token.aud].flat() : []);

function mayAsk(client: Client, token: Token, { resource_servers = {} }: IntrospectionSettings, known: Known): boolean {
  const { clientId, grantTypes, clientIdIssuedAt } = client;
  if (token.clientId === clientId) return true;
  const own = audiences(token);
  const given = Object.hasOwn(resource_servers, clientId) ? resource_servers[clientId] : undefined;
  if (given === 'any' || given?.some((audience) => own.includes(audience))) return true;
  const named = known.filter((one) => own.includes(one.audience ?? one.identifier) && one.introspected_by);
  if (named.length > 0) return named.some(({ introspected_by }) => introspected_by?.includes(clientId));
  // Whoever registers by itself is a client, or anybody could make themselves a resource.
  return given === undefined && grantTypes?.length === 0 && clientIdIssuedAt === undefined;
}

/**
 * Decides who may ask about a token. A client may ask about its own. A protected resource may ask about any when it can
 * obtain no token itself (`grant_types: []`) and was not registered by itself, so that it can never be taken for a client;
 * or about those a setting names: `introspection.resource_servers`, or `introspected_by` of a
 * resource. A refusal is answered by `active: false`, and emitted as `refused`.
 *
 * @see [RFC 7662 - OAuth 2.0 Token Introspection](https://www.rfc-editor.org/rfc/rfc7662.html)
 */
export function introspection(settings: IntrospectionSettings = {}, known: Known = []): Mechanism {
  return {
    name: 'introspection',
    clauses: [
      {
        id: 'RFC7662-4',
        text: 'the authorization server MUST require authorization to the introspection endpoint: a client learns of its own tokens only',
      },
      {
        id: 'RFC7662-2.2',
        text: 'a token whose client was removed is not active',
      },
      {
        id: 'RFC7009-2.1',
        text: 'the authorization server verifies whether the token was issued to the client making the revocation request',
      },
      {
        id: 'FAPI2-SP-FINAL-6.8',
        text: 'tokens can be revoked: credentials are stateful and linked to each other',
        violated: enabled('revocation'),
      },
    ],
    configuration: {
      features: {
        introspection: { enabled: true },
        revocation: { enabled: true },
      },
    },
    hooks: {
      'features.introspection.allowedPolicy': (theirs) => async (ctx, client, token) => {
        if (!mayAsk(client, token, settings, known)) {
          const text = `${client.clientId} may not ask about a token of ${token.clientId}: no setting names it`;
          ctx.oidc.provider.emit('refused', new errors.AccessDenied(text, text), ctx);
          return false;
        }
        // What a client holds ends with it, and core would go on to ask the missing client for more.
        const isOwn = token.clientId === client.clientId;
        if (!isOwn && !(await ctx.oidc.provider.Client.find(`${token.clientId}`))) return false;
        return theirs ? theirs(ctx, client, token) : true;
      },
      'features.revocation.allowedPolicy': both((_ctx, client, token) => token.clientId === client.clientId),
    },
  };
}
