import { ModuleError } from '../errors.ts';
import type { Enrich } from '../fapi/detail_settings.ts';
import { guardedCall, loadModule } from '../module_calls.ts';

/**
 * Loads the deployment's own module, which exports `enrich`.
 *
 * @throws {ModuleError} when it cannot be loaded, or does not export it.
 */
export async function detailsModule(path: string | undefined): Promise<Enrich | undefined> {
  if (path === undefined) return undefined;
  const named = { path, key: 'authorization_details.module' };
  const { enrich } = await loadModule(named);
  if (typeof enrich !== 'function') throw new ModuleError(named.key, `${path} has to export enrich()`);
  return guardedCall(named, 'enrich', enrich as Enrich);
}
