import type { Adapter, AdapterPayload, ClientMetadata, Configuration } from 'oidc-provider';
import { errors } from 'oidc-provider';

import type { Violation } from '../errors.ts';
import { adapterFor } from '../fapi/adapter.ts';
import { log } from '../log.ts';
import { clientViolations, layered, type Profile } from '../profile.ts';

/** Clients that a profile applies to, beside others that are served as they were before. */
export interface Moving {
  /**
   * Says of a client, by its metadata as they are stored, that the profile applies to it. Only `false` leaves a client as
   * it was. Answer by what a client cannot choose: a client that registers itself chooses its metadata.
   */
  appliesTo(client: ClientMetadata): boolean;
  /** Core's configuration as it was, for the others. `adapter`, `cookies` and `routes` are those of the profile's. */
  readonly before: Configuration;
  /** Registers grants and response modes of yours with the provider that serves the others. */
  prepare?(others: import('oidc-provider').Provider): void;
  /**
   * Told of a client the profile applies to and would refuse, each time it has changed; it is served as before meanwhile.
   * Left out, such a client is refused. A client that registers itself is refused in any case.
   */
  report?(client: ClientMetadata, violations: readonly Violation[]): void;
}

/** Clients that are remembered as reported, so that each is reported once. */
const mostReported = 10_000;

/** Answers to which clients the profile applies. */
export class Clients {
  readonly #moving: Moving;
  readonly #profile: Profile;
  readonly #stored: Partial<Adapter>;
  readonly #configured: ReadonlyMap<string, ClientMetadata>;
  readonly #judgedBy: Configuration;
  readonly #reported = new Map<string, string>();

  constructor(moving: Moving, profile: Profile, configuration: Configuration) {
    this.#moving = moving;
    this.#profile = profile;
    this.#stored = adapterFor(configuration, 'Client') ?? {};
    const configured = [...(moving.before.clients ?? []), ...(configuration.clients ?? [])];
    this.#configured = new Map(configured.map((client) => [client.client_id, client]));
    this.#judgedBy = layered(profile, { ...configuration, clients: [] });
  }

  /** The predicate's answer. One that fails says that the profile applies. */
  named(client: ClientMetadata): boolean {
    try {
      return this.#moving.appliesTo(client) !== false;
    } catch (error) {
      log.error({ err: error, client_id: client.client_id }, 'appliesTo failed: the profile applies');
      return true;
    }
  }

  /** True for a client that is served by the profile. */
  inProfile(client: ClientMetadata): boolean {
    if (!this.named(client)) return false;
    const { report } = this.#moving;
    if (!report) return true;
    const found = clientViolations(this.#profile, client, this.#judgedBy);
    if (found.length > 0) this.#report(client, found, report);
    return found.length === 0;
  }

  #report(client: ClientMetadata, found: readonly Violation[], report: NonNullable<Moving['report']>): void {
    const about = JSON.stringify([client, found]);
    if (this.#reported.get(client.client_id) === about) return;
    if (this.#reported.size >= mostReported) this.#reported.clear();
    this.#reported.set(client.client_id, about);
    report(client, found);
  }

  /** True for a client that is known and served as before. */
  async isOther(id: unknown): Promise<boolean> {
    if (typeof id !== 'string' || id === '') return false;
    const client = this.#configured.get(id) ?? (await this.#stored.find?.(id));
    return client !== undefined && !this.inProfile(client as ClientMetadata);
  }

  /** Clients of the configuration that one of the two providers serves. */
  configured(inProfile: boolean): ClientMetadata[] {
    return [...this.#configured.values()].filter((client) => this.inProfile(client) === inProfile);
  }

  /** The deployment's adapter, which knows the clients of one of the two providers and keeps no other. */
  adapter(configuration: Configuration, inProfile: boolean): NonNullable<Configuration['adapter']> {
    return (name) => (name === 'Client' ? this.#only(inProfile) : (adapterFor(configuration, name) as Adapter));
  }

  #only(inProfile: boolean): Adapter {
    const stored = this.#stored as Adapter;
    const mayKeep = async (id: string, client: ClientMetadata) => {
      if (this.named(client) === inProfile) return true;
      // A client that was only reported goes on as it is.
      return !inProfile && this.#moving.report !== undefined && (await stored.find(id)) !== undefined;
    };
    return {
      find: async (id) => {
        const client = await stored.find(id);
        return client && this.inProfile(client as ClientMetadata) === inProfile ? client : undefined;
      },
      upsert: async (id: string, client: AdapterPayload, expiresIn: number) => {
        if (!(await mayKeep(id, client as ClientMetadata))) {
          throw new errors.InvalidClientMetadata(
            inProfile ? 'a client of the profile cannot leave it' : 'these metadata are for a client of the profile',
          );
        }
        return stored.upsert(id, client, expiresIn);
      },
      destroy: (id) => stored.destroy(id),
      consume: (id) => stored.consume(id),
      findByUid: (uid) => stored.findByUid(uid),
      findByUserCode: (code) => stored.findByUserCode(code),
      revokeByGrantId: (id) => stored.revokeByGrantId(id),
    };
  }
}
