import { z } from 'zod';

import { clientMetadata } from './client_metadata.ts';
import { cidr, claims, encryptionKey, file, httpsUrl, port, seconds, text } from './values.ts';

const tls = z.strictObject({
  cert: file.describe('certificate chain, PEM; relative to the configuration file'),
  key: file.describe('private key of the certificate, PEM; relative to the configuration file'),
});

const account = z.strictObject({
  login: text.describe('what the person types on the login page'),
  password_hash: text.optional().describe('printed by `oidc-provider-fapi accounts hash`'),
  password: text.optional().describe('in clear; only with development: true'),
  claims: claims
    .prefault({})
    .describe('what clients may be told about the person; sub is made from the login unless it stands here'),
});

/** Every key of the configuration file: its name, its meaning, its limits, and the only place where its default stands. */
export const schema = z.strictObject({
  issuer: httpsUrl.describe('Issuer Identifier: the address clients know this server by (RFC 8414 section 2)'),
  profile: z
    .enum(['fapi2-security-profile', 'fapi2-message-signing'])
    .default('fapi2-security-profile')
    .describe('the FAPI 2.0 profile the server holds'),
  message_signing: z
    .strictObject({
      signed_request_object: z.boolean().default(false).describe('signed authorization requests (section 5.3)'),
      jarm: z.boolean().default(false).describe('signed authorization responses (section 5.4)'),
      signed_introspection: z.boolean().default(false).describe('signed introspection responses (section 5.5)'),
    })
    .optional()
    .describe('the parts of FAPI 2.0 Message Signing that are claimed; all three when left out'),
  development: z
    .boolean()
    .default(false)
    .describe(
      'allows a self-signed certificate, plain passwords, the public sample clients, and a sealing key anyone can compute',
    ),

  listen: z
    .strictObject({
      host: text.default('localhost').describe('address or host name to listen on; 0.0.0.0 or :: for every interface'),
      port: port.default(443).describe('port for everyone'),
      tls: tls.optional().describe('certificate of both listeners; made and kept in development when left out'),
      client_certificate: z
        .boolean()
        .default(false)
        .describe(
          'development only: this port takes client certificates as well, for libraries that know no mtls_endpoint_aliases',
        ),
    })
    .prefault({})
    .describe('the listener for everyone'),
  mtls: z
    .strictObject({
      host: text.optional().describe('host name of the mutual TLS endpoints, when it is not the issuer’s'),
      port: port.optional().describe('port of the listener that asks for client certificates'),
      url: httpsUrl.optional().describe('where clients reach that listener; https://host:port when left out'),
      ca: file
        .optional()
        .describe('certificate authorities of tls_client_auth clients, PEM; relative to the configuration file'),
      tls: tls.optional().describe('certificate of this listener, when it is not that of listen'),
    })
    .optional()
    .describe('the listener for client certificates, published as mtls_endpoint_aliases (RFC 8705 section 5)'),
  proxy: z
    .strictObject({
      trusted: z
        .array(cidr)
        .min(1, 'lists nobody, write for example [10.0.0.0/8]')
        .describe('addresses of the proxies that may speak for a client'),
      client_certificate: z
        .enum(['rfc9440'])
        .optional()
        .describe('how the proxy hands over the client certificate: rfc9440 is the Client-Cert header'),
    })
    .optional()
    .describe('a proxy in front that ends TLS; instead of tls'),

  database: z
    .strictObject({
      url: z
        .string()
        .regex(
          /^(pglite:|postgres(ql)?:\/\/)/,
          'names no database, write pglite:./data, pglite: (in memory) or postgres://...',
        )
        .default('pglite:./data')
        .describe(
          'pglite: in memory, pglite:./data on disk (relative to the working directory), postgres://... a server',
        ),
      encryption_keys: z
        .array(encryptionKey)
        .min(1, 'lists no key, write what `openssl rand -base64 32` prints')
        .optional()
        .describe('keys that seal rows, 32 bytes in base64 each: the first seals, all open'),
      pool_size: z
        .int()
        .min(1, 'is too small, write at least 1')
        .default(10)
        .describe('connections to a server database'),
      schema: z
        .string()
        .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'is no plain name, write lower-case letters, digits and _')
        .optional()
        .describe('database schema of the tables; what the search path says when left out'),
      purge: z
        .strictObject({
          interval: seconds.default(60).describe('seconds from one purge to the next'),
          batch: z.int().min(1, 'is too small, write at least 1').default(1000).describe('rows in one transaction'),
        })
        .prefault({})
        .describe('deleting what has expired, by one process at a time'),
      tls: z
        .strictObject({
          ca: file.optional().describe('certificate authority of the server, PEM; relative to the configuration file'),
          cert: file.optional().describe('our certificate, PEM; relative to the configuration file'),
          key: file.optional().describe('private key of our certificate, PEM; relative to the configuration file'),
        })
        .optional()
        .describe('TLS to the database server, whose certificate is then checked'),
    })
    .prefault({})
    .describe('where everything is kept'),

  par: z
    .strictObject({
      request_uri_lifetime: z
        .int()
        .min(5, 'is too short to be used, write 5 to 599 seconds [FAPI2-SP-FINAL-5.3.2.2-12]')
        .max(599, 'is too long, write 5 to 599 seconds [FAPI2-SP-FINAL-5.3.2.2-12]')
        .default(60)
        .describe('seconds in which a pushed request must reach the authorization endpoint, 5 to 599'),
    })
    .prefault({})
    .describe('pushed authorization requests (RFC 9126)'),
  ttl: z
    .strictObject({
      authorization_code: seconds
        .max(60, 'is too long, write at most 60 seconds [FAPI2-SP-FINAL-5.3.2.1-11]')
        .default(60)
        .describe('an authorization code, at most 60'),
      access_token: seconds.default(300).describe('an access token'),
      id_token: seconds.default(300).describe('an ID Token'),
      refresh_token: seconds.default(14 * 86400).describe('a refresh token'),
      interaction: seconds.default(600).describe('the time a person has to log in and consent'),
      session: seconds.default(14 * 86400).describe('a login in the browser'),
      grant: seconds.default(14 * 86400).describe('what a person has consented to'),
    })
    .prefault({})
    .describe('lifetimes, in seconds'),
  clock_tolerance: z
    .int()
    .min(10, 'is too small, write 10 to 59 seconds [FAPI2-SP-FINAL-5.3.2.1-13]')
    .max(59, 'is too large, write 10 to 59 seconds [FAPI2-SP-FINAL-5.3.2.1-13]')
    .default(15)
    .describe("seconds by which another's clock may differ, 10 to 59"),
  dpop: z
    .strictObject({
      nonce: z
        .enum(['off', 'optional', 'required'])
        .default('optional')
        .describe(
          'server nonces in DPoP proofs: not given, given and checked when used, or demanded (RFC 9449 section 8)',
        ),
    })
    .prefault({})
    .describe('DPoP (RFC 9449)'),
  algorithms: z
    .array(
      z.enum(
        ['PS256', 'ES256', 'EdDSA', 'Ed25519'],
        'is none of the permitted ones, write some of PS256, ES256, EdDSA, Ed25519 [FAPI2-SP-FINAL-5.4.1-1]',
      ),
    )
    .min(1, 'lists no algorithm, write some of PS256, ES256, EdDSA, Ed25519')
    .default(['PS256', 'ES256', 'EdDSA', 'Ed25519'])
    .describe('signature algorithms in both directions'),
  keys: z
    .strictObject({
      jwks: z
        .strictObject({
          keys: z
            .array(z.looseObject({ kty: text.describe('key type (RFC 7517 section 4.1)') }))
            .min(1, 'lists no key, leave keys out to have them made')
            .describe('private keys'),
        })
        .describe('JWK Set of private signing keys, or a file that holds it'),
    })
    .optional()
    .describe("the server's signing keys; made at the first start and kept in the database when left out"),

  scopes: z.array(text).default(['openid', 'offline_access']).describe('scopes besides those that claims name'),
  claims: z
    .record(z.string(), z.union([z.null(), z.array(text)]))
    .default({
      openid: ['sub'],
      profile: [
        'name',
        'family_name',
        'given_name',
        'preferred_username',
        'locale',
        'zoneinfo',
        'birthdate',
        'updated_at',
      ],
      email: ['email', 'email_verified'],
      phone: ['phone_number', 'phone_number_verified'],
      address: ['address'],
    })
    .describe('claims by the scope that asks for them; a claim that has no scope: null'),
  clients: z.array(clientMetadata).default([]).describe('client metadata (RFC 7591), or a file that holds the list'),
  accounts: z
    .union([
      z.array(account),
      z.strictObject({
        module: file.describe(
          'module with authenticate(login, password) and findAccount; relative to the configuration file',
        ),
      }),
    ])
    .default([])
    .describe('who may log in, besides the accounts in the database; or a module of yours that knows'),
  resource: z
    .union([
      z.literal(false),
      z.strictObject({
        path: z
          .string()
          .regex(/^\/[\w./-]+$/, 'is not a path, write /resource')
          .default('/resource')
          .describe('path of the sample resource'),
      }),
    ])
    .default(false)
    .describe('the sample resource'),
});
