import type { Configuration } from 'oidc-provider';

import { bounded } from './lifetimes.ts';

/** The functions of core's configuration that carry a rule, by their path. */
export const hookPaths = [
  'assertJwtClientAuthClaimsAndHeader',
  'extraParams.dpop_jkt',
  'extraParams.scope',
  'extraTokenClaims',
  'features.claimsParameter.assertClaimsParameter',
  'features.dPoP.requireNonce',
  'features.introspection.allowedPolicy',
  'features.mTLS.certificateAuthorized',
  'features.mTLS.certificateSubjectMatches',
  'features.mTLS.getCertificate',
  'features.requestObjects.assertJwtClaimsAndHeader',
  'features.resourceIndicators.getResourceServerInfo',
  'features.revocation.allowedPolicy',
  'fetch',
  'formats.bitsOfOpaqueRandomness',
  'formats.customizers.jwt',
  'loadExistingGrant',
  'pkce.required',
  'revokeGrantPolicy',
  'ttl.AccessToken',
  'ttl.AuthorizationCode',
  'ttl.ClientCredentials',
  'ttl.Session',
] as const;

export type HookPath = (typeof hookPaths)[number];

type Member<T, Key extends string> = T extends unknown ? (Key extends keyof T ? NonNullable<T[Key]> : never) : never;
type At<T, Path extends string> = Path extends `${infer Key}.${infer Rest}`
  ? At<Member<T, Key>, Rest>
  : Member<T, Path>;

/** The function at a path; where core takes a number or a function, the function. */
export type HookAt<Path extends HookPath> = Extract<At<Configuration, Path>, (...args: never[]) => unknown>;

/** Makes the function core gets of the one below it: the next mechanism's or, below all of them, the deployment's own. */
export type Compose<F> = (theirs: F | undefined, configuration: Configuration) => F | undefined;

/** A mechanism's part in the hooks that carry a rule. */
export type Hooks = { readonly [Path in HookPath]?: Compose<HookAt<Path>> };

type Anything = (...args: never[]) => unknown;

// The parts below are written once for every hook: the compiler sees a function of any arguments where F is asked for.

/** Runs ours, which may refuse by throwing; then theirs, which may refuse as well. */
export function refuses<F extends Anything>(ours: (...args: Parameters<F>) => void): Compose<F> {
  return (theirs) =>
    (async (...args: Parameters<F>) => {
      ours(...args);
      await theirs?.(...args);
    }) as unknown as F; // see above
}

/** Asks ours and, where it says yes, theirs. What theirs answers is core's to judge: it may be a promise or a mistake. */
export function both<F extends Anything>(ours: (...args: Parameters<F>) => boolean): Compose<F> {
  return (theirs) => ((...args: Parameters<F>) => ours(...args) && (theirs ? theirs(...args) : true)) as unknown as F;
}

/** Limits what a function of theirs answers; a number is checked at boot, by the clause. */
export function atMost<F extends (...args: never[]) => number>(limit: number): Compose<F> {
  return (theirs) => theirs && (((...args) => bounded(theirs(...args), limit)) as F);
}

/** The value at a path. */
export const read = (from: object, keys: readonly string[]): unknown =>
  keys.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], from);

/** The object with a value at a path. Copies the objects on the way, so that the one given stays as it is. */
export function written<T extends object>(into: T, [key = '', ...rest]: readonly string[], value: unknown): T {
  const below = (into as Record<string, unknown>)[key];
  return { ...into, [key]: rest.length === 0 ? value : written(below ?? {}, rest, value) };
}

/** Core takes further parameters as a list of names or, where rules belong to them, by name. */
function withNamedParams(configuration: Configuration): Configuration {
  const { extraParams } = configuration;
  return Array.isArray(extraParams)
    ? { ...configuration, extraParams: Object.fromEntries(extraParams.map((name) => [name, null])) }
    : configuration;
}

/**
 * Puts the mechanisms' functions before the deployment's own, in the order of the list: the first mechanism's is called
 * first and calls the next one, the deployment's own last. One that refuses does so before it calls; one that answers
 * something adds to what the others have answered, or bounds it. This is the only place where hooks are composed.
 */
export function composeHooks(configuration: Configuration, mechanisms: readonly { hooks?: Hooks }[]): Configuration {
  let composed = withNamedParams(configuration);
  for (const path of hookPaths) {
    const keys = path.split('.');
    for (const { hooks } of [...mechanisms].reverse()) {
      // The compiler cannot follow that a path and the function at it belong together.
      const compose = hooks?.[path] as Compose<Anything> | undefined;
      const theirs = read(composed, keys);
      const ours = compose?.(typeof theirs === 'function' ? (theirs as Anything) : undefined, configuration);
      if (ours) composed = written(composed, keys, ours);
    }
  }
  return composed;
}
