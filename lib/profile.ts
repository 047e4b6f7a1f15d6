import type { ClientMetadata, Configuration, Provider } from 'oidc-provider';
import Core, { errors } from 'oidc-provider';

import { ProfileViolationError, type Violation } from './errors.ts';
import { composeHooks } from './fapi/hooks.ts';
import type { Finding, Mechanism } from './fapi/mechanism.ts';
import { unknownOptions } from './fapi/options.ts';
import { type Staged, useInOrder } from './fapi/stages.ts';
import { merge } from './merge.ts';

/** A list of mechanisms under the name of the specification they hold together. */
export interface Profile {
  readonly name: string;
  readonly mechanisms: readonly Mechanism[];
}

const configured = new WeakMap<Profile, Configuration>();
const attached = new WeakSet<Provider>();

/** Half a profile looks like a whole one until somebody tries what the other half holds. */
function refuseUnattached(): void {
  const { provider } = Core.ctx?.oidc ?? {};
  if (provider && !attached.has(provider)) {
    throw new TypeError(
      'this provider serves without its profile: call attach(profile, provider) right after new Provider()',
    );
  }
}

/** Every way in which one client's metadata is outside the profile; paths are relative to the client. */
export function clientViolations(
  profile: Profile,
  metadata: ClientMetadata,
  configuration: Configuration = configured.get(profile) ?? {},
): Violation[] {
  const completed = { ...configuration.clientDefaults, ...metadata } as ClientMetadata;
  for (const mechanism of profile.mechanisms) mechanism.complete?.(completed);
  return profile.mechanisms.flatMap(({ clauses }) =>
    clauses.flatMap(({ id, client }) =>
      [...(client?.(completed, configuration) ?? [])].map((finding) => ({ clause: id, ...finding })),
    ),
  );
}

/** Every way in which a configuration, laid over the profile's own, is outside the profile. */
export function violations(profile: Profile, configuration: Configuration): Violation[] {
  const merged = layered(profile, configuration);
  return [
    ...unknownOptions(configuration),
    ...profile.mechanisms.flatMap(({ clauses }) =>
      clauses.flatMap(({ id, violated }) =>
        findings(violated?.(merged)).map((finding) => ({ clause: id, ...finding })),
      ),
    ),
    ...(merged.clients ?? []).flatMap((client, index) =>
      clientViolations(profile, client, merged).map((violation) => ({
        ...violation,
        path: ['clients', index, ...(violation.path ?? [])],
      })),
    ),
  ];
}

function findings(found: Finding | Iterable<Finding> | undefined): Finding[] {
  if (found === undefined) return [];
  return Symbol.iterator in found ? [...found] : [found];
}

function layered(profile: Profile, configuration: Configuration): Configuration {
  return merge({}, ...profile.mechanisms.map((mechanism) => mechanism.configuration ?? {}), configuration);
}

/** Core loads clients from the adapter and by registration as well; each one passes the same rules as those of the file. */
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
        refuseUnattached();
        if (key === properties[0]) for (const mechanism of profile.mechanisms) mechanism.complete?.(metadata);
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
 * The configuration core is constructed with: the profile's own, the deployment's laid over it, the hooks that carry a
 * rule composed so that ours runs first. A deployment may tighten the profile; whatever loosens it is reported, all at once.
 *
 * @throws {TypeError} when the profile was configured before.
 * @throws {ProfileViolationError} with every violation.
 */
export function configure(profile: Profile, configuration: Configuration = {}): Configuration {
  if (configured.has(profile)) throw new TypeError('a profile is configured once: make one for each provider');
  const found = violations(profile, configuration);
  if (found.length > 0) throw new ProfileViolationError(profile.name, found);
  const merged = layered(profile, configuration);
  configured.set(profile, merged);
  const composed = profile.mechanisms.reduce((below, mechanism) => mechanism.compose?.(below) ?? below, merged);
  return withClientRules(profile, composeHooks(composed, profile.mechanisms));
}

/**
 * Adds to a provider what core has no setting for. Call it once, right after `new Provider(issuer, configure(profile, ...))`
 * and before the provider serves.
 *
 * @param around middleware beside the profile's, each at its stage.
 * @throws {TypeError} when the profile was not configured before, or the provider has one already.
 * @throws {ProfileViolationError} when core refuses one of the configured clients.
 */
export function attach(profile: Profile, provider: Provider, around: Staged = {}): void {
  const configuration = configured.get(profile);
  if (!configuration) throw new TypeError('configure(profile, ...) comes before attach(profile, provider)');
  if (attached.has(provider)) throw new TypeError('attach(profile, provider) is called once');
  attached.add(provider);
  const staged = profile.mechanisms.map((mechanism) => mechanism.middleware?.(provider, configuration) ?? {});
  useInOrder(provider, [...staged, around]);
  for (const mechanism of profile.mechanisms) mechanism.attach?.(provider, configuration);
  // Core looks at a static client when it is first used; a client it would refuse is a boot error here.
  const refused = (configuration.clients ?? []).flatMap((client, index): Violation[] => {
    try {
      new (provider.Client as unknown as new (metadata: ClientMetadata) => unknown)(structuredClone(client));
      return [];
    } catch (error) {
      if (!(error instanceof errors.OIDCProviderError)) throw error;
      return [{ path: ['clients', index], text: `${error.error_description}` }];
    }
  });
  if (refused.length > 0) throw new ProfileViolationError(profile.name, refused);
}
