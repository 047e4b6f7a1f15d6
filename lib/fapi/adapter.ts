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

/** True for metadata of a client as core stores it, which has core's defaults filled in that nobody wrote. */
export const isStoredByCore = (metadata: object): boolean =>
  'require_auth_time' in metadata && 'application_type' in metadata;

type Find = Adapter['find'];

/** Runs around the lookup of a client in the deployment's adapter. */
export type AroundClients = (find: () => ReturnType<Find>) => ReturnType<Find>;

/**
 * Makes an adapter with something around its lookup. The adapter itself stays as it is: a factory may answer the same
 * one again, for another provider.
 */
const surround = (adapter: Adapter, around: AroundClients): Adapter =>
  new Proxy(adapter, {
    get(target, name) {
      if (name === 'find') return (id: string) => around(() => target.find(id));
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });

/** The configuration with something around the adapter's look for a client, before core makes anything of the row. */
export function aroundClients(configuration: Configuration, around: AroundClients): Configuration {
  if (typeof configuration.adapter !== 'function') return configuration;
  return {
    ...configuration,
    adapter: (model) => {
      const made = adapterFor(configuration, model) as Adapter;
      return model === 'Client' ? surround(made, around) : made;
    },
  };
}
