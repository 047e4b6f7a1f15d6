import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

import { Eta } from 'eta/core';

import type { Config } from '../config/load.ts';
import { UsageError } from '../errors.ts';
import { pathOf } from '../http/mount.ts';
import { packageFile } from '../package_file.ts';

export interface Metadata {
  readonly client_id: string;
  readonly token_endpoint_auth_method: string;
  readonly tls_client_certificate_bound_access_tokens?: boolean;
  readonly redirect_uris?: readonly string[];
}

interface Stack {
  /** Name of a template in config/quickstart, without .eta. */
  readonly file: string;
  /**
   * The kind of key that tokens are bound to: some libraries have no DPoP, and Node's own fetch shows no certificate.
   */
  readonly bound: 'dpop' | 'mtls';
  /** The way the client authenticates; absent where it may be either. */
  readonly by?: 'key' | 'certificate';
  /** Matches the addresses the stack can come back to, where it takes no other. */
  readonly callback?: RegExp;
}

/** The libraries and programs a snippet is there for. */
export const stacks: Readonly<Record<string, Stack>> = {
  curl: { file: 'curl.sh', bound: 'mtls', by: 'certificate' },
  'openid-client': { file: 'openid-client.mjs', bound: 'dpop', by: 'key' },
  oauth4webapi: { file: 'oauth4webapi.mjs', bound: 'dpop', by: 'key' },
  'express-openid-connect': { file: 'express-openid-connect.mjs', bound: 'mtls', by: 'certificate' },
  authjs: { file: 'authjs.mjs', bound: 'mtls', by: 'certificate', callback: /^(.+)\/callback\/([^/]+)$/ },
  python: { file: 'client.py', bound: 'mtls', by: 'key' },
  'requests-oauthlib': { file: 'client_oauthlib.py', bound: 'mtls', by: 'certificate' },
  go: { file: 'main.go', bound: 'mtls', by: 'certificate' },
  rust: { file: 'main.rs', bound: 'mtls', by: 'certificate' },
  spring: { file: 'spring.yaml', bound: 'mtls' },
  quarkus: { file: 'application.properties', bound: 'mtls' },
  aspnet: { file: 'Program.cs', bound: 'mtls', by: 'key' },
};

const signs = ({ token_endpoint_auth_method }: Metadata) => token_endpoint_auth_method === 'private_key_jwt';
const boundBy = ({ tls_client_certificate_bound_access_tokens: bound }: Metadata) => (bound ? 'mtls' : 'dpop');

/** Names of the stacks this client can use as it is registered. */
export const usable = (client: Metadata): string[] =>
  Object.entries(stacks).flatMap(([name, { bound, by }]) =>
    bound === boundBy(client) && (by === undefined || (by === 'key') === signs(client)) ? [name] : [],
  );

/** The files of keys and certificates: the sample's in development, names to be replaced otherwise. */
function filesOf({ development, database }: Config, { token_endpoint_auth_method }: Metadata) {
  if (!development) return { ca: 'ca.crt', jwk: 'client.jwk', key: 'client.key', cert: 'client.crt' };
  const sample = (name: string) => relative('.', packageFile(`config/sample/${name}`));
  const data = database.url.startsWith('pglite:') ? database.url.slice('pglite:'.length) : './data';
  const tls = `${data.replace(/^\.\//, '') || 'data'}/tls`;
  const cert = token_endpoint_auth_method === 'self_signed_tls_client_auth' ? 'self_signed.crt' : 'client.crt';
  return { ca: `${tls}/authority.crt`, jwk: `${tls}/sample_client.jwk`, key: sample('client.key'), cert: sample(cert) };
}

/** A text as a literal of the program's: a client may have named itself, and must not write the program. */
function literal(text: string): string {
  if (/^[\w.~:/?#[\]@!&()*+,;=%-]+$/.test(text)) return text;
  throw new UsageError(`${JSON.stringify(text)} has characters that would mean something in a program`);
}

/** The address the browser comes back to, and its parts; an application on this machine listens at port 3000. */
function cameBackTo({ client_id, redirect_uris = [] }: Metadata, { callback = /^()()/ }: Stack, name: string) {
  const [first] = redirect_uris;
  if (!first) throw new UsageError(`${client_id} has no redirect_uris, and every program sends a person to log in`);
  const redirect_uri = redirect_uris.find((uri) => callback.test(new URL(uri).pathname));
  if (!redirect_uri) {
    const own = `${new URL(first).origin}/auth/callback/fapi`;
    throw new UsageError(`${name} comes back to an address like ${own}: add it to the redirect_uris of ${client_id}`);
  }
  const { origin, pathname: path, hostname, port } = new URL(redirect_uri);
  const base = hostname === '127.0.0.1' && port === '' ? `${origin}:3000` : origin;
  const [, basePath, provider] = callback.exec(path) ?? [];
  return { redirect_uri: literal(redirect_uri), base, path, basePath, provider };
}

/**
 * The program of a client, its addresses and names filled in.
 *
 * @throws {UsageError} when the stack cannot do what the client is registered for.
 */
export function quickstart(config: Config, client: Metadata, name: string): string {
  const stack = stacks[name];
  const others = usable(client);
  if (!stack || !others.includes(name)) {
    const is = `${client.client_id} is registered for ${client.token_endpoint_auth_method} and tokens bound by ${boundBy(client)}`;
    throw new UsageError(`${is}, which ${name} is not shown with; write ${others.join(', ') || 'none of them'}`);
  }
  if (config.message_signing?.signed_request_object) {
    throw new UsageError('the snippets push requests that are not signed, which Message Signing refuses');
  }
  const { issuer } = config;
  const mtls = config.mtls ? new URL(config.mtls.url).origin + pathOf(issuer) : issuer;
  const base = stack.bound === 'mtls' ? mtls : issuer;
  const template = readFileSync(packageFile(`config/quickstart/${stack.file}.eta`), 'utf8');
  const eta = new Eta({ autoEscape: false, autoTrim: false });
  return eta.renderString(template, {
    ...{
      issuer,
      mtls,
      client_id: literal(client.client_id),
      ...cameBackTo(client, stack, name),
      signs: signs(client),
      certificate: stack.bound === 'mtls',
    },
    resource: base + (config.resource ? config.resource.path : '/resource'),
    ...filesOf(config, client),
  });
}
