import { z } from 'zod';

import { accountSettings } from '../accounts/settings.ts';
import { auditSettings } from '../audit/settings.ts';
import { proxySettings } from '../certificates/client_certificate.ts';
import { databaseSettings } from '../database/settings.ts';
import { limitSettings } from '../http/settings.ts';
import { pageSettings, passwordLimits } from '../interactions/settings.ts';
import { keySettings } from '../keys/keys.ts';
import { formats, levels } from '../log.ts';
import { managementSettings, shutdownSettings, workerSettings } from '../management/settings.ts';
import { settings as profileSettings } from '../profiles/profiles.ts';
import { concerning, toCore } from '../settings.ts';
import { storeSettings } from '../store/settings.ts';
import { ciphers, file, httpsUrl, port, text, tlsFiles } from '../values.ts';
import { clientMetadata } from './client_metadata.ts';

const suites = z
  .array(
    z.enum(ciphers, {
      error: `is no cipher suite of the profile, write some of ${ciphers.join(', ')} [FAPI2-SP-FINAL-5.2.2-1]`,
    }),
  )
  .min(1, 'lists no cipher suite, leave it out for all that are permitted')
  .optional()
  .describe('cipher suites, the preferred first; all that the profile permits when left out');

const listenerTls = tlsFiles.extend({ ciphers: suites });

const listen = z.strictObject({
  host: text.default('localhost').describe('address or host name to listen on; 0.0.0.0 or :: for every interface'),
  port: port.default(443).describe('port for everyone'),
  tls: listenerTls.optional().describe('certificate of both listeners; made and kept in development when left out'),
  client_certificate: z
    .boolean()
    .default(false)
    .describe(
      'development only: this port takes client certificates as well, for libraries that know no mtls_endpoint_aliases',
    ),
});

const mtls = z.strictObject({
  host: text.optional().describe('host name of the mutual TLS endpoints, when it is not the issuer’s'),
  port: port.optional().describe('port of the listener that asks for client certificates'),
  url: httpsUrl.optional().describe('where clients reach that listener; https://host:port when left out'),
  ca: file
    .optional()
    .describe('certificate authorities of tls_client_auth clients, PEM; relative to the configuration file'),
  crl: z
    .array(file)
    .min(1, 'lists no file, leave it out where nothing is revoked')
    .optional()
    .describe(
      'revocation lists (CRL), PEM or DER, of every authority of a client certificate, read again when they change; past its nextUpdate a list refuses',
    ),
  tls: listenerTls.optional().describe('certificate of this listener, when it is not that of listen'),
});

const resource = z.strictObject({
  path: z
    .string()
    .regex(/^\/[\w./-]+$/, 'is not a path, write /resource')
    .default('/resource')
    .describe('path of the sample resource'),
});

/** Claims by the scope that asks for them (OpenID Connect Core section 5.4). */
const claims = {
  openid: ['sub'],
  profile: ['name', 'family_name', 'given_name', 'preferred_username', 'locale', 'zoneinfo', 'birthdate', 'updated_at'],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
};

/**
 * Every key of the configuration file: its name, its meaning, its limits, and the only place where its default stands.
 * Mechanisms and rooms own the schema of their settings; what stands here is the listeners' and core's.
 */
export const schema = z.strictObject({
  issuer: httpsUrl.describe('Issuer Identifier: the address clients know this server by (RFC 8414 section 2)'),
  development: z
    .boolean()
    .default(false)
    .describe(
      'allows a self-signed certificate, plain passwords, the public sample clients, and a sealing key anyone can compute',
    ),

  dangerously_expose_development: z
    .boolean()
    .default(false)
    .describe('development: true on an address other machines reach, with its public keys and passwords'),

  extend: file
    .optional()
    .describe(
      'module that exports configuration, middleware, interactions or accounts of yours; relative to the configuration file',
    ),

  listen: listen.prefault({}).describe('the listener for everyone'),
  mtls: concerning(
    mtls
      .optional()
      .describe('the listener for client certificates, published as mtls_endpoint_aliases (RFC 8705 section 5)'),
    'features.mTLS',
  ),
  proxy: proxySettings.optional().describe('a proxy in front that ends TLS; instead of tls'),

  management: managementSettings
    .optional()
    .describe('the listener for operators: health, metrics, administration; none when left out'),
  workers: workerSettings,
  shutdown: shutdownSettings.prefault({}).describe('the end of a process'),

  database: z
    .strictObject({ ...databaseSettings.shape, ...storeSettings.shape })
    .prefault({})
    .describe('where everything is kept'),

  log: z
    .strictObject({
      level: z
        .enum(levels)
        .default('info')
        .describe('which lines are written; LOG_LEVEL of the environment counts more'),
      format: z.enum(formats).default('auto').describe('json, text for people, or auto: text on a terminal'),
    })
    .prefault({})
    .describe('the log, on standard error'),

  audit: auditSettings.prefault({}).describe('the trail: every security decision, and what became of it'),

  ...profileSettings.shape,
  keys: keySettings
    .prefault({})
    .describe("the server's own keys; made at the first start, kept in the database and rotated there"),

  scopes: toCore(
    z.array(text).default(['openid', 'offline_access']).describe('scopes besides those that claims name'),
    'scopes',
  ),
  claims: toCore(
    z
      .record(z.string(), z.union([z.null(), z.array(text)]))
      .default(claims)
      .describe('claims by the scope that asks for them; a claim that has no scope: null'),
    'claims',
  ),
  clients: toCore(
    z.array(clientMetadata).default([]).describe('client metadata (RFC 7591), or a file that holds the list'),
    'clients',
  ),
  ...accountSettings.shape,
  limits: z
    .strictObject({
      ...limitSettings.shape,
      passwords: passwordLimits.prefault({}).describe('attempts at passwords, counted in the database'),
    })
    .prefault({})
    .describe('bounds on what anybody may take of this server'),
  front_page: z.boolean().default(true).describe('a page at the issuer’s address, with the documents a client needs'),
  pages: pageSettings.prefault({}).describe('the pages people see'),
  resource: z
    .union([z.literal(false), resource])
    .default(false)
    .describe('the sample resource'),
});
