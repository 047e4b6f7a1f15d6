import type { ClientMetadata, Configuration } from 'oidc-provider';
import { errors } from 'oidc-provider';

import { ProfileViolationError, type Violation } from './errors.ts';
import { isStoredByCore } from './fapi/adapter.ts';
import { composeHooks } from './fapi/hooks.ts';
import type { Finding, HeldClause, Mechanism } from './fapi/mechanism.ts';
import { unknownOptions } from './fapi/options.ts';
import { frozen, merge } from './merge.ts';

/** A list of mechanisms under the name of the specification they hold together. */
export interface Profile {
  readonly name: string;
  readonly mechanisms: readonly Mechanism[];
}

/** Lays the deployment's configuration over the profile's own. The copy cannot be changed. */
export function layered(profile: Profile, configuration: Configuration): Configuration {
  const said = Object.fromEntries(Object.entries(configuration).filter(([, value]) => value !== null));
  const merged = merge({}, ...profile.mechanisms.map((mechanism) => mechanism.configuration ?? {}), said);
  return frozen(profile.mechanisms.reduce((below, { prepare }) => prepare?.(below) ?? below, merged));
}

function findings(found: Finding | Iterable<Finding> | undefined): Iterable<Finding> {
  if (found === undefined) return [];
  return Symbol.iterator in found ? found : [found];
}

const clientRules = new WeakMap<Profile, readonly HeldClause[]>();

/** The clauses that speak of clients, a fifth of all. There may be ten thousand clients to ask them of. */
function rulesOf(profile: Profile): readonly HeldClause[] {
  const known = clientRules.get(profile);
  if (known) return known;
  const rules = profile.mechanisms.flatMap(({ clauses }) => clauses.filter(({ client }) => client));
  clientRules.set(profile, rules);
  return rules;
}

function outsideOf(profile: Profile, metadata: ClientMetadata, configuration: Configuration): Violation[] {
  const found: Violation[] = [];
  for (const { id, client } of rulesOf(profile)) {
    for (const finding of client?.(metadata, configuration) ?? []) found.push({ clause: id, ...finding });
  }
  return found;
}

/**
 * Every way in which one client's metadata is outside the profile.
 *
 * @param configuration core's, as `layered()` answers it.
 * @param loaded true for rows of a store: core writes them with its own defaults filled in.
 * @returns violations whose paths are relative to the client.
 */
export function clientViolations(
  profile: Profile,
  metadata: ClientMetadata,
  configuration: Configuration = layered(profile, {}),
  loaded = false,
): Violation[] {
  const completed = { ...configuration.clientDefaults, ...metadata };
  const written = loaded && isStoredByCore(metadata) ? {} : completed;
  for (const mechanism of profile.mechanisms) mechanism.complete?.(completed, written);
  return outsideOf(profile, completed, configuration);
}

/** A client that is outside a profile, and why. */
export interface JudgedClient {
  readonly client_id: string;
  readonly violations: readonly Violation[];
}

/**
 * Lists the clients a profile would refuse, with every reason, before a switch is thrown: rows of a database, for example.
 *
 * @param profile the profile they are judged by.
 * @param clients metadata as core stores it.
 * @param configuration the deployment's own, for what depends on it: `clientAuthMethods`, `clientDefaults`, `enabledJWA`.
 * @example
 * for (const { client_id, violations } of judge(fapi2SecurityProfile(), rows)) console.log(client_id, violations);
 */
export function judge(
  profile: Profile,
  clients: Iterable<ClientMetadata>,
  configuration: Configuration = {},
): JudgedClient[] {
  const merged = layered(profile, configuration);
  return [...clients]
    .map((client) => ({
      client_id: `${client.client_id}`,
      violations: clientViolations(profile, client, merged, true),
    }))
    .filter(({ violations }) => violations.length > 0);
}

const below = (violations: readonly Violation[], ...path: readonly (string | number)[]): Violation[] =>
  violations.map((violation) => ({ ...violation, path: [...path, ...(violation.path ?? [])] }));

/** The clients of a configuration; none where it has no list, which is reported as another fault. */
const listed = (clients: Configuration['clients']) => (Array.isArray(clients) ? clients : []);

/** Judges `clientDefaults` as a client, member by member: they count for each client that leaves a member out. */
function defaultViolations(profile: Profile, theirs: Configuration, merged: Configuration): Violation[] {
  const named = Object.keys(theirs.clientDefaults ?? {});
  const found = outsideOf(profile, { ...merged.clientDefaults } as ClientMetadata, merged);
  return below(
    found.filter(({ path }) => named.includes(`${path?.[0]}`)),
    'clientDefaults',
  );
}

/**
 * Every way in which a configuration, laid over the profile's own, is outside the profile.
 *
 * @param profile the profile it is judged by.
 * @param configuration the deployment's own.
 * @param issuer the Issuer Identifier the configuration is for, judged as well when it is given.
 * @param merged what `layered()` has made of both, where it is known already.
 * @returns nothing when it is inside. `fapiProvider()` asks this itself, and tries the provider besides.
 * @example
 * for (const { clause, path, text } of violations(fapi2SecurityProfile(), configuration)) console.log(clause, path, text);
 */
export function violations(
  profile: Profile,
  configuration: Configuration,
  issuer?: string,
  merged: Configuration = layered(profile, configuration),
): Violation[] {
  const found = [
    ...unknownOptions(configuration),
    ...profile.mechanisms.flatMap(({ faults = [] }) => faults),
    ...profile.mechanisms.flatMap(({ clauses }) =>
      clauses.flatMap(({ id, violated }) =>
        [...findings(violated?.(merged, issuer))].map((finding): Violation => ({ clause: id, ...finding })),
      ),
    ),
  ];
  const said = new Set(found.map(({ path }) => path?.join('.')));
  return [
    ...found,
    ...defaultViolations(profile, configuration, merged).filter(({ path }) => !said.has(path?.join('.'))),
    ...listed(merged.clients).flatMap((client, index) =>
      below(clientViolations(profile, client, merged), 'clients', index),
    ),
  ];
}

/**
 * Has core ask the profile's rules of every client that it loads from the adapter or that registers itself, as of those
 * in the file.
 */
function withClientRules(profile: Profile, configuration: Configuration): Configuration {
  const declared = configuration.extraClientMetadata?.properties ?? [];
  const theirs = configuration.extraClientMetadata?.validator;
  // Core asks the validator once a property, also for absent ones, and not at all where there is none.
  const properties = [...new Set(['software_id', ...declared])];
  return {
    ...configuration,
    extraClientMetadata: {
      properties,
      validator(ctx, key, value, metadata) {
        // A client that registers has written the body; one that is loaded was looked at before core filled in anything.
        const written: Partial<ClientMetadata> = ctx?.oidc?.body ?? {};
        if (key === properties[0]) for (const mechanism of profile.mechanisms) mechanism.complete?.(metadata, written);
        // What it answers is core's to judge: it may not be a promise.
        const answer = declared.includes(key) ? theirs?.(ctx, key, value, metadata) : undefined;
        // In the end, since a validator may set what it likes.
        if (key === properties.at(-1)) {
          const [first] = clientViolations(profile, metadata, configuration);
          if (first) throw new errors.InvalidClientMetadata(`${first.path?.join('.')}: ${first.text}`, first.clause);
        }
        return answer;
      },
    },
  };
}

/**
 * The profile's own configuration with the deployment's laid over it. A deployment may tighten the profile; whatever
 * loosens it is reported, all at once.
 *
 * @throws {ProfileViolationError} with every violation.
 */
export function judged(profile: Profile, configuration: Configuration, issuer?: string): Configuration {
  const merged = layered(profile, configuration);
  const found = violations(profile, configuration, issuer, merged);
  if (found.length > 0) throw new ProfileViolationError(profile.name, found);
  return merged;
}

/** The configuration core is constructed with, from one that was judged: hooks that carry a rule run ours first. */
export function composed(profile: Profile, merged: Configuration): Configuration {
  const completed = profile.mechanisms.reduce((under, { compose }) => compose?.(under) ?? under, merged);
  return frozen(withClientRules(profile, composeHooks(completed, profile.mechanisms)));
}
