import { pathToFileURL } from 'node:url';

import { ExternalSigningKey } from 'oidc-provider';

import type { Config } from '../config/load.ts';
import { OperationalError } from '../errors.ts';
import type { Keys } from '../keys/keys.ts';

/** The module that a file names under `keys.module`: keys that lie elsewhere, the first of an algorithm signs. */
export interface KeyModule {
  /**
   * @param core what oidc-provider has for keys that sign elsewhere: a class to extend by `keyObject()`, the public key,
   *   and `sign(data)`, which answers the signature as JWS has it (RFC 7518 section 3).
   */
  keys(core: { ExternalSigningKey: typeof ExternalSigningKey }): Promise<Keys['jwks']['keys']> | Keys['jwks']['keys'];
}

async function fromModule(path: string): Promise<Keys['jwks']> {
  const failed = (text: string, cause?: unknown) => new OperationalError(`keys.module ${path} ${text}`, { cause });
  const module: Partial<KeyModule> = await import(pathToFileURL(path).href).catch((cause: Error) => {
    throw failed(`cannot be loaded: ${cause.message}`, cause);
  });
  if (typeof module.keys !== 'function') throw failed('has to export keys()');
  const keys = await (async () => module.keys?.({ ExternalSigningKey }))().catch((cause: Error) => {
    throw failed(`cannot say what its keys are: ${cause.message}`, cause);
  });
  if (!Array.isArray(keys) || keys.length === 0) throw failed('has to answer a list of keys');
  return { keys };
}

/**
 * Signing keys of the deployment's own, of the file or of a module; `undefined` where the database has them.
 *
 * @throws {OperationalError} when the module cannot be used.
 */
export async function ownKeys({ keys }: Pick<Config, 'keys'>): Promise<Keys['jwks'] | undefined> {
  if (keys.module !== undefined) return fromModule(keys.module);
  return keys.jwks as Keys['jwks'] | undefined;
}
