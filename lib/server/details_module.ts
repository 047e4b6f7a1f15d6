import { pathToFileURL } from 'node:url';

import { OperationalError } from '../errors.ts';
import type { Enrich } from '../fapi/detail_settings.ts';

/**
 * The deployment's own module, which exports `enrich`.
 *
 * @throws {OperationalError} when it cannot be loaded, or does not export it.
 */
export async function detailsModule(path: string | undefined): Promise<Enrich | undefined> {
  if (path === undefined) return undefined;
  const module = await import(pathToFileURL(path).href).catch((cause: Error) => {
    throw new OperationalError(`authorization_details module ${path} cannot be loaded: ${cause.message}`, { cause });
  });
  if (typeof module.enrich !== 'function') {
    throw new OperationalError(`authorization_details module ${path} has to export enrich()`);
  }
  return module.enrich;
}
