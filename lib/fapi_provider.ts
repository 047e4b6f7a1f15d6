import type { ClientMetadata, Configuration, Provider } from 'oidc-provider';
import Core, { errors } from 'oidc-provider';

import { didYouMean } from './did_you_mean.ts';
import { ProfileViolationError, type Violation } from './errors.ts';
import { read as at, written } from './fapi/hooks.ts';
import { type Staged, useInOrder } from './fapi/stages.ts';
import { nonceSecretOf } from './keys/keys.ts';
import type { Moving } from './moving/clients.ts';
import { moving } from './moving/moving.ts';
import { composed, judged, type Profile } from './profile.ts';
import type { KnexAdapterFactory } from './store/adapter.ts';
import { unitOfWork } from './store/unit_of_work.ts';

/** Profiles that a provider serves under already: their mechanisms hold state of that provider. */
const serving = new WeakSet<Profile>();

function refuseForeign(Provider: unknown): void {
  if (Provider === Core) return;
  const { prototype } = (typeof Provider === 'function' ? Provider : Object) as { prototype: unknown };
  if (prototype instanceof Core) {
    throw new TypeError(
      "a class that extends oidc-provider's Provider could change the configuration after it was judged: hand over oidc-provider's own Provider",
    );
  }
  throw new TypeError(
    'this Provider is not that of the oidc-provider which oidc-provider-fapi uses: there are two copies of it, run `npm dedupe`, or install the version its peerDependencies name',
  );
}

/**
 * Refuses arguments of the wrong type, which JavaScript lets pass.
 *
 * @throws {TypeError} for the first of them.
 */
function refuseWrong(issuer: unknown, configuration: unknown, settings: unknown): void {
  if (typeof issuer !== 'string')
    throw new TypeError('the issuer is missing: hand over its https URL, as core takes it');
  if (typeof configuration !== 'object' || configuration === null) {
    throw new TypeError("the configuration is missing: hand over core's, as new Provider() takes it");
  }
  const known = ['around', 'moving'];
  if (typeof settings !== 'object' || settings === null) {
    throw new TypeError(`the settings of fapiProvider() are an object of ${known.join(' and ')}`);
  }
  const unknown = Object.keys(settings).find((name) => !known.includes(name));
  if (unknown) throw new TypeError(`${unknown} is no setting of fapiProvider()${didYouMean(unknown, known)}`);
  const { moving } = settings as { moving?: Partial<Moving> };
  if (moving && (typeof moving.appliesTo !== 'function' || typeof moving.before !== 'object')) {
    throw new TypeError('moving needs appliesTo(client), and before: the configuration that serves the other clients');
  }
}

/**
 * Lists the clients of the configuration that core would refuse. Core looks at one when it is first used; here it is a
 * boot error.
 */
export function refusedByCore(provider: Provider, clients: readonly ClientMetadata[] = []): Violation[] {
  // The type has no constructor: core makes clients itself.
  const Client = provider.Client as new (metadata: ClientMetadata) => unknown;
  return clients.flatMap((client, index): Violation[] => {
    try {
      new Client(structuredClone(client));
      return [];
    } catch (error) {
      if (!(error instanceof errors.OIDCProviderError)) throw error;
      return [{ path: ['clients', index], text: `${error.error_description}` }];
    }
  });
}

/** Fills in the secrets that all processes share and that the deployment gave none of, where its adapter keeps some. */
async function withSharedSecrets(profile: Profile, configuration: Configuration): Promise<Configuration> {
  const { kept } = (configuration.adapter ?? {}) as Partial<KnexAdapterFactory>;
  if (!kept) return configuration;
  const given = [configuration, ...profile.mechanisms.map((mechanism) => mechanism.configuration ?? {})];
  const missing = profile.mechanisms.flatMap(({ sharedSecret: path }) =>
    path && !given.some((layer) => at(layer, path)) ? [path] : [],
  );
  if (missing.length === 0) return configuration;
  const secret = await nonceSecretOf(kept);
  return missing.reduce((filled, path) => written(filled, path, secret), configuration);
}

async function tried({ mechanisms }: Profile, provider: Provider): Promise<Violation[]> {
  const found: Violation[] = [];
  for (const { id, tried } of mechanisms.flatMap(({ clauses }) => clauses)) {
    const finding = await tried?.(provider);
    if (finding) found.push({ clause: id, ...finding });
  }
  return found;
}

/** Settings of a provider beside its profile. */
export interface ProviderSettings {
  /** Middleware beside the profile's, each at its stage, made for the provider. */
  readonly around?: ((provider: Provider) => Staged) | undefined;
  /** Clients that are not in the profile yet, served as before. Left out, the profile is for every client. */
  readonly moving?: Moving | undefined;
}

/**
 * Makes the provider of a deployment one that serves under a profile: in place of `new Provider(issuer, configuration)`
 * stands `await fapiProvider(Provider, issuer, configuration, profile)`. The configuration is judged, the provider
 * constructed with it, and the profile's middleware, hooks and model statics are in place before anybody has it. What the
 * deployment registers on it afterwards can only tighten the profile.
 *
 * @param Provider core's class, as `oidc-provider` exports it. It is handed over so that a second copy of core is noticed.
 * @param issuer the Issuer Identifier.
 * @param configuration core's configuration; later changes to it have no effect.
 * @param profile what `fapi2SecurityProfile()` or `fapi2MessageSigning()` answers; one for each provider.
 * @param settings middleware around the provider, and clients that are moved to the profile one by one.
 * @throws {TypeError} when the class is another than core's own, or the profile serves another provider.
 * @throws {ProfileViolationError} with everything that is outside the profile.
 * @throws {OperationalError} when the database of our own adapter belongs to another issuer.
 * @throws whatever the adapter throws when it is asked whether it can tell first from second.
 * @example
 * const provider = await fapiProvider(Provider, 'https://as.example.com', configuration, fapi2SecurityProfile());
 * provider.listen(3000);
 */
export async function fapiProvider(
  Provider: typeof Core,
  issuer: string,
  configuration: Configuration,
  profile: Profile,
  settings: ProviderSettings = {},
): Promise<Provider> {
  refuseForeign(Provider);
  refuseWrong(issuer, configuration, settings);
  if (!Array.isArray(profile?.mechanisms)) {
    throw new TypeError(
      'the profile is missing: hand over what fapi2SecurityProfile() or fapi2MessageSigning() answers',
    );
  }
  if (serving.has(profile)) {
    throw new TypeError('this profile serves under another provider already: make one for each provider');
  }
  const shared = await withSharedSecrets(profile, configuration);
  const joined = settings.moving && moving(settings.moving, profile, shared);
  const settled = judged(profile, joined?.configuration ?? shared, issuer);
  const complete = composed(profile, settled);
  const provider = new Provider(issuer, complete);
  serving.add(profile);
  const staged = profile.mechanisms.map((mechanism) => mechanism.middleware?.(provider, settled) ?? {});
  const others = joined?.beside(provider, complete) ?? {};
  useInOrder(provider, [others, ...staged, { unit: [unitOfWork()] }, settings.around?.(provider) ?? {}]);
  for (const mechanism of profile.mechanisms) mechanism.attach?.(provider, settled);
  joined?.join();
  await Promise.all(profile.mechanisms.map((mechanism) => mechanism.load?.()));
  const found = [...refusedByCore(provider, settled.clients), ...(await tried(profile, provider))];
  if (found.length > 0) throw new ProfileViolationError(profile.name, found);
  // Of two issuers on one database, the tokens of each would be as good as the other's.
  await (configuration.adapter as Partial<KnexAdapterFactory> | undefined)?.belongsTo?.(issuer);
  return provider;
}
