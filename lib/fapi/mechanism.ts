import type { ClientMetadata, Configuration, Provider } from 'oidc-provider';

import type { Clause } from '../clause.ts';
import type { Violation } from '../errors.ts';
import type { Hooks } from './hooks.ts';
import type { Staged } from './stages.ts';

/** A violation without its clause, which is added where it is found. */
export type Finding = Omit<Violation, 'clause'>;

/** A clause and how a mechanism keeps a configuration inside it. */
export interface HeldClause extends Clause {
  /** The key of the file it depends on, such as `par.request_uri_lifetime`, and whether a value asks for more than the profile. */
  readonly setting?: { readonly key: string; tightens(value: unknown): boolean };
  /**
   * Lists every way in which the merged configuration violates it; absent where the mechanism itself holds the clause.
   */
  violated?(configuration: Configuration, issuer?: string): Finding | Iterable<Finding> | undefined;
  /**
   * Lists every way in which a client violates it. It is asked at boot for configured clients, and whenever core loads
   * one.
   */
  client?(metadata: ClientMetadata, configuration: Configuration): Iterable<Finding>;
  /**
   * Tries the provider itself, which may do otherwise than its configuration says. It is asked once, before the
   * provider serves.
   */
  tried?(provider: Provider): Promise<Finding | undefined>;
}

/**
 * One RFC or one rule: what core is told, what must be true of the merged configuration and of a client's metadata, and
 * what this package does itself. A profile is a list of mechanisms.
 */
export interface Mechanism {
  readonly name: string;
  /** Every clause the mechanism holds; each clause stands in one mechanism only. */
  readonly clauses: readonly HeldClause[];
  /** Core's configuration. A deployment's own settings are laid over it and then checked against `clauses`. */
  readonly configuration?: Configuration;
  /** Faults of the settings it was made with. */
  readonly faults?: readonly Violation[];
  /** The path of a secret that all processes share: of the deployment's own, or 32 bytes that its store keeps. */
  readonly sharedSecret?: readonly string[];
  /** Completes what the deployment left out of a setting, before anything is judged. */
  prepare?(configuration: Configuration): Configuration;
  /** Functions of core's configuration that carry a rule. @see hooks.ts for the order in which they run. */
  readonly hooks?: Hooks;
  /** Changes settings that follow from others; functions of core's configuration belong into `hooks`. */
  compose?(configuration: Configuration): Configuration;
  /**
   * Fills in what a client leaves out.
   *
   * @param written the metadata as somebody wrote it, where core has filled in its own defaults before.
   */
  complete?(metadata: ClientMetadata, written?: Partial<ClientMetadata>): void;
  /** Middleware, each at the stage it belongs to. */
  middleware?(provider: Provider, configuration: Configuration): Staged;
  /** Loads modules that only a mechanism in use needs. It resolves before anything else of the mechanism is called. */
  load?(): Promise<void>;
  /** Replaces model statics and listens for events, where core has no setting. */
  attach?(provider: Provider, configuration: Configuration): void;
}
