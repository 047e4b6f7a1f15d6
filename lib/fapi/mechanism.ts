import type { ClientMetadata, Configuration, Provider } from 'oidc-provider';

import type { Clause } from '../clause.ts';
import type { Violation } from '../errors.ts';

/** A clause and how the mechanism keeps a configuration inside it. */
export interface Requirement extends Clause {
  /**
   * What the merged configuration violates: `undefined` when it holds, else where it stands and what to write.
   * Absent where the clause is held by what the mechanism does, not by a setting.
   */
  violated?(configuration: Configuration): Omit<Violation, 'clause'> | undefined;
}

/**
 * One RFC or one rule, whole: what core is told, what must be true of the merged configuration, what a client's
 * metadata must be, and what we do ourselves. A profile is a list of these.
 */
export interface Mechanism {
  readonly name: string;
  /** Every clause the mechanism holds; each clause stands in one mechanism only. */
  readonly clauses: readonly Requirement[];
  /** Told to core; a deployment's own settings are laid over it and then checked against `clauses`. */
  readonly configuration?: Configuration;
  /** Puts our functions before the deployment's own, for the hooks that carry a rule. */
  compose?(configuration: Configuration): Configuration;
  /** What is wrong with a client; asked at boot for every configured client and whenever core loads one. */
  client?(metadata: ClientMetadata, configuration: Configuration): Iterable<Violation>;
  /** What core has no setting for: middleware and model statics, on core's public surface. */
  attach?(provider: Provider, configuration: Configuration): void;
}
