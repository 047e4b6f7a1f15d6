import { ExternalSigningKey } from 'oidc-provider';

import type { Config } from '../config/load.ts';
import { ModuleError } from '../errors.ts';
import type { Keys } from '../keys/keys.ts';
import { guardedCall, loadModule, type Named, reasonOf } from '../module_calls.ts';

/** The module that a file names under `keys.module`: keys that lie elsewhere, the first of an algorithm signs. */
export interface KeyModule {
  /**
   * Answers the signing keys.
   *
   * @param core what oidc-provider has for keys that sign elsewhere: a class to extend by `keyObject()`, the public
   * key, and
   *   `sign(data)`, which answers the signature as JWS has it (RFC 7518 section 3).
   */
  keys(core: { ExternalSigningKey: typeof ExternalSigningKey }): Promise<Keys['jwks']['keys']> | Keys['jwks']['keys'];
}

/** Wraps a key that signs elsewhere: where it is away or never answers, only the request that needs it fails. */
function guarded(named: Named, key: Keys['jwks']['keys'][number]): Keys['jwks']['keys'][number] {
  if (key instanceof ExternalSigningKey) key.sign = guardedCall(named, 'sign', key.sign.bind(key));
  return key;
}

async function fromModule(path: string): Promise<Keys['jwks']> {
  const named = { path, key: 'keys.module' };
  const failed = (text: string, cause?: unknown) => new ModuleError(named.key, `${path} ${text}`, { cause });
  const module: Partial<KeyModule> = await loadModule(named);
  if (typeof module.keys !== 'function') throw failed('has to export keys()');
  const keys = await guardedCall(
    named,
    'keys',
    module.keys,
  )({ ExternalSigningKey }).catch((error: Error) => {
    throw failed(`cannot say what its keys are: ${reasonOf(error.cause)}`, error);
  });
  const isKey = (key: unknown) => typeof key === 'object' && key !== null;
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isKey)) throw failed('has to answer a list of keys');
  return { keys: keys.map((key) => guarded(named, key)) };
}

/**
 * Reads the deployment's own signing keys, of the file or of a module; `undefined` where the database has them.
 *
 * @throws {ModuleError} when the module cannot be used.
 */
export async function ownKeys({ keys }: Pick<Config, 'keys'>): Promise<Keys['jwks'] | undefined> {
  if (keys.module !== undefined) return fromModule(keys.module);
  return keys.jwks as Keys['jwks'] | undefined;
}
