import type { ClientMetadata, Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';

import type { Clause } from '../clause.ts';
import type { Violation } from '../errors.ts';

/** What is wrong, without the clause that says so: the clause it stands in adds that. */
export type Finding = Omit<Violation, 'clause'>;

/** A clause and how a mechanism keeps a configuration inside it. */
export interface Requirement extends Clause {
  /** What the merged configuration violates; absent where the clause is held by what the mechanism does, not by a setting. */
  violated?(configuration: Configuration): Finding | undefined;
  /** What is wrong with a client; asked at boot for every configured client and whenever core loads one. */
  client?(metadata: ClientMetadata, configuration: Configuration): Iterable<Finding>;
}

/**
 * One RFC or one rule, whole: what core is told, what must be true of the merged configuration and of a client's
 * metadata, and what we do ourselves. A profile is a list of these.
 */
export interface Mechanism {
  readonly name: string;
  /** Every clause the mechanism holds; each clause stands in one mechanism only. */
  readonly clauses: readonly Requirement[];
  /** Told to core; a deployment's own settings are laid over it and then checked against `clauses`. */
  readonly configuration?: Configuration;
  /** Puts our functions before the deployment's own, for the hooks that carry a rule. */
  compose?(configuration: Configuration): Configuration;
  /** What a client that says nothing is taken to have said. */
  complete?(metadata: ClientMetadata): void;
  /** What core has no setting for: middleware and model statics, on core's public surface. */
  attach?(provider: Provider, configuration: Configuration): void;
}

/** A hook of core's that carries a rule: ours runs first, and what it throws is final; the deployment's own runs after. */
export function after<Arguments extends [KoaContextWithOIDC, ...unknown[]]>(
  ours: (...args: Arguments) => void | Promise<void>,
  theirs: ((...args: Arguments) => unknown) | undefined,
): (...args: Arguments) => Promise<void> {
  return async (...args) => {
    await ours(...args);
    await theirs?.(...args);
  };
}
