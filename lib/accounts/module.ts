import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { OperationalError } from '../errors.ts';
import type { Accounts } from './accounts.ts';

/** Accounts by the deployment's own module, which exports `authenticate` and `findAccount`. */
export async function accountsModule(path: string): Promise<Accounts> {
  const module = await import(pathToFileURL(resolve(path)).href).catch((cause: Error) => {
    throw new OperationalError(`accounts module ${path} cannot be loaded: ${cause.message}`, { cause });
  });
  for (const name of ['authenticate', 'findAccount'] as const) {
    if (typeof module[name] !== 'function')
      throw new OperationalError(`accounts module ${path} has to export ${name}()`);
  }
  return { authenticate: module.authenticate, findAccount: module.findAccount };
}
