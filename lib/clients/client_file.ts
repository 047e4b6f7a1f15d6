import { readFile } from 'node:fs/promises';

import type { JWK } from 'jose';

import { UsageError } from '../errors.ts';
import type { Credentials } from './generate.ts';
import type { Members } from './members.ts';

/** A client as its owner has it: registered at some provider, with its private key. */
export interface ClientFile {
  readonly client_id: string;
  /** Private key of its assertions and request objects, with `alg` and, where the provider wants one, `kid`. */
  readonly jwk: JWK;
  readonly redirect_uri: string;
  readonly scope: string;
  /** Certificate chain and key it shows, PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** URL of a protected resource that its tokens are for. */
  readonly resource?: string;
  /** Authorization parameters of its provider, `acr_values` for example. */
  readonly parameters: Readonly<Record<string, string>>;
}

const members = 'client_id, jwk, redirect_uri, scope, cert, key, resource, parameters';

function url(file: string, name: string, value: unknown): string {
  if (typeof value !== 'string' || !URL.canParse(value)) throw new UsageError(`${file}: ${name} is no absolute URI`);
  return value;
}

function parametersOf(file: string, value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`${file}: parameters is no object of names and values`);
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, content]) => [
      name,
      typeof content === 'object' ? JSON.stringify(content) : `${content}`,
    ]),
  );
}

function jwkOf(file: string, jwk: unknown): JWK {
  const { d, alg } = (jwk ?? {}) as JWK;
  if (!d) throw new UsageError(`${file}: jwk has to be the private key`);
  if (!alg) throw new UsageError(`${file}: jwk lacks alg, write PS256, ES256 or EdDSA`);
  return jwk as JWK;
}

async function read(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`${file} cannot be read: ${error.message}`);
  });
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    throw new UsageError(`${file} is no JSON`);
  }
  throw new UsageError(`${file} is no JSON object of ${members}`);
}

/**
 * Reads a client from a JSON file of `client_id`, `jwk`, `redirect_uri`, `scope` (default `openid`) and, where there are
 * any, `cert`, `key`, `resource` and `parameters`.
 *
 * @throws {UsageError} saying what the file lacks.
 */
export async function readClientFile(file: string): Promise<ClientFile> {
  const content = await read(file);
  const { client_id, jwk, redirect_uri, scope = 'openid', cert, key, resource, parameters = {} } = content;
  for (const [name, value] of Object.entries({ client_id, jwk, redirect_uri })) {
    if (value === undefined) throw new UsageError(`${file} lacks ${name}: write ${members}`);
  }
  if ((cert === undefined) !== (key === undefined)) throw new UsageError(`${file}: cert and key go together, as PEM`);
  return {
    client_id: `${client_id}`,
    jwk: jwkOf(file, jwk),
    redirect_uri: url(file, 'redirect_uri', redirect_uri),
    scope: `${scope}`,
    ...(cert !== undefined && { tls: { cert: `${cert}`, key: `${key}` } }),
    ...(resource !== undefined && { resource: url(file, 'resource', resource) }),
    parameters: parametersOf(file, parameters),
  };
}

/** The file of a client that was just given its credentials, as `readClientFile` reads it. */
export function clientFile(
  { client_id, redirect_uris, scope }: Members,
  { jwk, key, certificate }: Credentials,
): object {
  const [redirect_uri] = redirect_uris as readonly string[];
  return { client_id, jwk, redirect_uri, scope, ...(certificate && { cert: certificate, key }) };
}
