import type { ClientMetadata } from 'oidc-provider';
import { z } from 'zod';

import { text } from '../values.ts';

const url = z.url('is no URL');
const texts = z.array(text);

const jwks = z.strictObject({
  keys: z.array(z.looseObject({ kty: text.describe('key type (RFC 7517 section 4.1)') })).describe('public keys'),
});

/**
 * A client's standard metadata. Only names and types are judged here: what a profile says about the values stands in
 * its mechanisms, which judge clients from the database and from registration as well.
 *
 * @see [RFC 7591 - OAuth 2.0 Dynamic Client Registration Protocol](https://www.rfc-editor.org/rfc/rfc7591.html#section-2)
 */
const metadata = z.strictObject({
  client_id: text.describe('name of the client in every request'),
  client_name: text.optional().describe('name shown to the person who consents'),
  client_uri: url.optional().describe('home page of the client, linked from the consent page'),
  logo_uri: url.optional().describe('logo of the client; the pages show none'),
  policy_uri: url.optional().describe('privacy policy of the client'),
  tos_uri: url.optional().describe('terms of service of the client'),
  contacts: texts.optional().describe('people responsible for the client'),
  software_id: text.optional().describe('identifier of the client software, the same for all its installations'),
  application_type: z.enum(['web', 'native']).optional().describe('web (default) or native'),
  redirect_uris: z.array(url).optional().describe('where the person is sent back to; compared character by character'),
  post_logout_redirect_uris: z.array(url).optional().describe('where the person is sent after signing out'),
  initiate_login_uri: url.optional().describe('where a third party sends the person to start signing in'),
  backchannel_logout_uri: url
    .optional()
    .describe('https URL that is told when a person signs out (OpenID Connect Back-Channel Logout)'),
  backchannel_logout_session_required: z.boolean().optional().describe('sid is needed in the logout token'),
  grant_types: texts.optional().describe('authorization_code, refresh_token, client_credentials'),
  response_types: texts.optional().describe('code'),
  response_modes: texts.optional().describe('query, form_post, jwt, ...: those the client may ask for'),
  scope: text.optional().describe('scopes the client may ask for, with a space between'),
  token_endpoint_auth_method: text
    .optional()
    .describe('private_key_jwt, tls_client_auth or self_signed_tls_client_auth'),
  token_endpoint_auth_signing_alg: text.optional().describe('the only algorithm of the client assertion'),
  jwks: jwks.optional().describe("the client's public keys"),
  jwks_uri: url.optional().describe("address of the client's public keys"),
  tls_client_auth_subject_dn: text.optional().describe("the certificate's subject (RFC 4514)"),
  tls_client_auth_san_dns: text.optional().describe("a DNS name of the certificate's SAN"),
  tls_client_auth_san_uri: text.optional().describe("a URI of the certificate's SAN"),
  tls_client_auth_san_ip: text.optional().describe("an IP address of the certificate's SAN"),
  tls_client_auth_san_email: text.optional().describe("an e-mail address of the certificate's SAN"),
  use_mtls_endpoint_aliases: z
    .boolean()
    .optional()
    .describe('the client uses the endpoints of the mutual TLS listener'),
  dpop_bound_access_tokens: z.boolean().optional().describe('access tokens are bound to a DPoP key'),
  tls_client_certificate_bound_access_tokens: z
    .boolean()
    .optional()
    .describe("access tokens are bound to the client's certificate"),
  require_pushed_authorization_requests: z.boolean().optional().describe('always so under FAPI 2.0'),
  require_signed_request_object: z.boolean().optional().describe('always so under FAPI 2.0 Message Signing'),
  request_object_signing_alg: text.optional().describe('the only algorithm of the request object'),
  authorization_signed_response_alg: text.optional().describe('algorithm of the signed authorization response'),
  introspection_signed_response_alg: text.optional().describe('algorithm of the signed introspection response'),
  id_token_signed_response_alg: text.optional().describe('algorithm of the ID Token'),
  userinfo_signed_response_alg: text.optional().describe('algorithm of a signed userinfo response'),
  id_token_encrypted_response_alg: text.optional().describe('algorithm by which the key of the ID Token is encrypted'),
  id_token_encrypted_response_enc: text.optional().describe('algorithm by which the ID Token is encrypted'),
  userinfo_encrypted_response_alg: text
    .optional()
    .describe('algorithm by which the key of the userinfo response is encrypted'),
  userinfo_encrypted_response_enc: text.optional().describe('algorithm by which the userinfo response is encrypted'),
  authorization_encrypted_response_alg: text
    .optional()
    .describe('algorithm by which the key of the authorization response is encrypted'),
  authorization_encrypted_response_enc: text
    .optional()
    .describe('algorithm by which the authorization response is encrypted'),
  introspection_encrypted_response_alg: text
    .optional()
    .describe('algorithm by which the key of the introspection response is encrypted'),
  introspection_encrypted_response_enc: text
    .optional()
    .describe('algorithm by which the introspection response is encrypted'),
  authorization_details_types: texts
    .optional()
    .describe('types of authorization_details the client may use (RFC 9396)'),
  default_resource: text.optional().describe('identifier of the resource its access tokens are for when it names none'),
  subject_type: z
    .enum(['public', 'pairwise'])
    .optional()
    .describe('public or pairwise; what subject of the file says when left out'),
  sector_identifier_uri: url.optional().describe('list of redirect_uris that share pairwise subjects'),
  default_max_age: z.int().min(0).optional().describe('seconds after which the person signs in again'),
  default_acr_values: texts.optional().describe('authentication context classes asked for by default'),
  require_auth_time: z.boolean().optional().describe('auth_time is needed in the ID Token'),
});

// Core's type narrows some values to the literals it knows; a mechanism reports the others with their clause.
export const clientMetadata = metadata as z.ZodType<ClientMetadata, ClientMetadata>;
