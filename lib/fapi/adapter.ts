import type { Adapter, Configuration } from 'oidc-provider';

/** A model's adapter, made as core makes it: of a class or by a function. `undefined` where there is neither. */
export function adapterFor<T extends Adapter = Adapter>(
  { adapter }: Configuration,
  model: string,
): Partial<T> | undefined {
  if (typeof adapter !== 'function') return undefined;
  // As core tells a class from a factory.
  const made = adapter.prototype
    ? new (adapter as new (name: string) => Adapter)(model)
    : (adapter as (name: string) => Adapter)(model);
  return made as Partial<T>;
}

/** True for a client as core stores it, with every default of its own filled in: nobody wrote those. */
export const isStoredByCore = (metadata: object): boolean =>
  'require_auth_time' in metadata && 'application_type' in metadata;
