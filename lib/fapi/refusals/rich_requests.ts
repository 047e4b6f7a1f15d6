import type { KnownRefusal } from './refusal.ts';

const metadata = ({ issuer }: { issuer: string }) => `${issuer}/.well-known/openid-configuration`;

/** Refusals of resources, of authorization details, and of what belongs to OpenID Connect. */
export const richRequests: readonly KnownRefusal[] = [
  {
    id: 'authorization_details_more',
    when: /more than was granted/,
    clause: 'RFC9396-6.1',
    wrong: 'authorization_details ask for more than was granted',
    todo: 'ask for what the token response told, or for less of it; for more, send the person through an authorization again',
    keep: true,
  },
  {
    id: 'authorization_details',
    when: /authorization[_ ]details/,
    clause: 'RFC9396-5',
    wrong: 'authorization_details are none that this client may ask for here',
    todo: (facts) =>
      `correct what is named; types are in authorization_details_types_supported (${metadata(facts)}), a client has those of its metadata, and each has a JSON Schema`,
    keep: true,
  },
  {
    id: 'resource_unknown',
    when: /resource indicates no resource server|resource indicator must (be an absolute|not contain)/,
    clause: 'RFC8707-2',
    wrong: 'this server issues no tokens for the resource',
    todo: 'send resource as the API is known to this server, an absolute URI, character by character',
  },
  {
    id: 'resource_open',
    when: /only a single (resource indicator|audience)|resource indicator must be provided/,
    clause: 'RFC8707-2.2',
    wrong: 'an access token is for one resource, and the request leaves open for which',
    todo: 'send resource with one of those that were granted; the refresh token serves the others, one request for each',
  },
  {
    id: 'openid_missing',
    when: /openid scope must be requested/,
    clause: 'OIDCC-3.1.2.1',
    wrong: 'a parameter belongs to OpenID Connect, and the scope openid is missing',
    todo: 'add openid to scope, or leave the parameter out',
    keep: true,
  },
  {
    id: 'userinfo_token',
    when: /missing openid scope|prevents accessing the userinfo endpoint/,
    clause: 'OIDCC-5.3.1',
    wrong: 'the access token is not for the UserInfo endpoint',
    todo: 'send one that was requested with the scope openid, and for no other resource',
  },
  {
    id: 'post_logout_redirect_uri',
    when: /post_logout_redirect_uri not registered/,
    clause: 'RFC9700-4.11.2',
    wrong: 'post_logout_redirect_uri is not a registered one',
    todo: 'send one of the post_logout_redirect_uris the client is registered with, character by character, and client_id or id_token_hint beside it',
  },
];
