import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { errors, interactionPolicy } from 'oidc-provider';
import { z } from 'zod';

import { concerning } from '../settings.ts';
import { text } from '../values.ts';
import { refuses } from './hooks.ts';
import type { Mechanism } from './mechanism.ts';
import { withCheck } from './prompt_checks.ts';

/**
 * Authentication Context Class References from the weakest to the strongest, each with the methods a login has to have
 * used (RFC 8176).
 */
export type Levels = Readonly<Record<string, readonly string[]>>;

export const acrSettings = z.strictObject({
  acr: concerning(
    z
      .record(
        z.string().regex(/^[\x21-\x7e]+$/, 'is no acr, write one without spaces, urn:example:bronze for example'),
        z.array(text).min(1, 'names no method, write [pwd] for one that a password reaches'),
      )
      .optional()
      .describe(
        'authentication context classes from the weakest to the strongest, each with the methods (RFC 8176) that reach it: pwd is the password, others are what the accounts module answers as amr',
      ),
    'acrValues',
  ),
});

/** The classes that a login by these methods has reached, the strongest last. */
export const reachedBy = (levels: Levels, amr: readonly string[] = []): string[] =>
  Object.entries(levels)
    .filter(([, methods]) => methods.every((method) => amr.includes(method)))
    .map(([acr]) => acr);

interface AcrRequest {
  readonly essential?: unknown;
  readonly value?: unknown;
  readonly values?: unknown;
}

const acrIn = (claims: object): AcrRequest =>
  (claims as { id_token?: { acr?: AcrRequest | null } }).id_token?.acr ?? {};

/** Classes of a claims parameter, in the order of preference. */
function valuesOf({ value, values }: AcrRequest): readonly unknown[] {
  return value === undefined ? (Array.isArray(values) ? values : []) : [value];
}

/** The classes a request insists on; none where any will do. */
const insistedOn = (request: AcrRequest): readonly unknown[] => (request.essential === true ? valuesOf(request) : []);

/** Classes a request insists on, and those it wishes for. Core lets `acr_values` stand in place of an essential claim. */
function requested({ oidc: { params } }: KoaContextWithOIDC) {
  const { claims, acr_values } = (params ?? {}) as { claims?: string; acr_values?: string };
  const claimed = acrIn(claims === undefined ? {} : JSON.parse(claims));
  const wished = [...(acr_values?.split(' ') ?? []), ...valuesOf(claimed)];
  const essential = insistedOn(claimed);
  return { essential, wished: essential.length > 0 ? essential : wished };
}

/** Settles which class a request is answered with, and whether the person has to log in for it. */
function settle(ctx: KoaContextWithOIDC, levels: Levels | undefined): boolean {
  const { session, result } = ctx.oidc;
  const { essential, wished } = requested(ctx);
  if (levels && session?.accountId !== undefined) {
    const reached = reachedBy(levels, session.amr);
    const told = wished.map(String).find((wish) => reached.includes(wish)) ?? reached.at(-1);
    if (told === undefined) delete session.acr;
    else session.acr = told;
    // For the trail, which tells of the login by its result.
    if (result?.login && told !== undefined) result.login.acr = told;
  }
  if (essential.length === 0 || essential.includes(session?.acr)) return false;
  if (result?.login) {
    throw new errors.UnmetAuthenticationRequirements(
      'the login did not reach the acr that was asked for (OIDCC-5.5.1.1)',
    );
  }
  return true;
}

/** Puts one check in place of core's two, which know only what a login says of itself. */
function settled(configuration: Configuration, levels: Levels | undefined): Configuration {
  const check = new interactionPolicy.Check(
    'acr',
    'requested ACR could not be obtained',
    'login_required',
    (ctx) => settle(ctx, levels),
    (ctx) => ({ acr: { values: requested(ctx).essential } }),
  );
  return withCheck(configuration, 'login', check, ['essential_acrs', 'essential_acr']);
}

/** The mechanism, and the classes it knows. */
interface AcrMechanism extends Mechanism {
  readonly levels: Levels | undefined;
}

const isAcr = (mechanism: Mechanism): mechanism is AcrMechanism => mechanism.name === 'acr' && 'levels' in mechanism;

/** The classes that a profile knows: the file's, or those of an ecosystem. */
export const levelsOf = (mechanisms: readonly Mechanism[]): Levels | undefined => mechanisms.find(isAcr)?.levels;

/**
 * Derives the acr from the methods of the login. A request that insists on a class is answered with that class, or
 * fails. A request that wishes for some gets the first of them that was reached, or else the strongest that was.
 *
 * @param levels classes and their methods; when absent, the acr is what the login says of itself.
 * @see [OpenID Connect Core section 5.5.1.1 - Requesting the "acr" Claim](https://openid.net/specs/openid-connect-core-1_0.html#acrSemantics)
 */
export function acr(levels?: Levels): AcrMechanism {
  return {
    name: 'acr',
    levels,
    clauses: [
      {
        id: 'OIDCC-5.5.1.1',
        text: 'an essential acr is the one that is returned, or the authentication has failed; it tells how the person logged in',
      },
    ],
    configuration: levels ? { acrValues: Object.keys(levels) } : {},
    prepare: (configuration) => settled(configuration, levels),
    hooks: {
      'features.claimsParameter.assertClaimsParameter': (theirs, configuration) => {
        const known = new Set<unknown>(configuration.acrValues ?? []);
        const check = refuses<NonNullable<typeof theirs>>((_ctx, claims) => {
          const asked = insistedOn(acrIn(claims));
          if (asked.length === 0 || asked.some((value) => known.has(value))) return;
          const list = [...known].join(', ');
          throw new errors.UnmetAuthenticationRequirements(
            `no essential acr that was asked for is known here${list && `; known are ${list}`} (OIDCC-5.5.1.1)`,
          );
        });
        return check(theirs, configuration);
      },
    },
  };
}
