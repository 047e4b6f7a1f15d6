import { errors } from 'oidc-provider';

import type { Clause } from '../../clause.ts';
import { seconds } from '../../seconds.ts';
import { refuses } from '../hooks.ts';
import type { RequestObjectSettings } from '../jar.ts';
import type { Finding, Mechanism } from '../mechanism.ts';

/** An ecosystem's rules of the times in request objects, in seconds: from nbf to exp, and from nbf to now. */
export interface RequestObjectRules {
  readonly lifetime: { readonly rule: Clause; readonly most: number };
  readonly age: { readonly rule: Clause; readonly most: number };
}

function tooLong(key: keyof RequestObjectSettings, value: number | undefined, most: number): Finding | undefined {
  if (value === undefined || value <= most) return undefined;
  return { path: ['request_object', key], text: `is ${value}, write at most ${most} seconds, or leave it out` };
}

function refuse(text: string, { id }: Clause): never {
  throw new errors.InvalidRequestObject(`Request Object ${text} (${id})`);
}

/**
 * Limits how long request objects are good, as an ecosystem says.
 *
 * @param rules the longest times of the ecosystem, in seconds, each with its clause.
 * @param settings the file's own limits, which may be closer.
 * @example
 * requestObjectLifetime({ lifetime: { rule, most: 600 } }, settings.request_object)
 */
export function requestObjectLifetime(
  { lifetime, age }: RequestObjectRules,
  settings: RequestObjectSettings = {},
): Mechanism {
  return {
    name: 'ecosystems/request_object_lifetime',
    clauses: [
      { ...lifetime.rule, violated: () => tooLong('max_lifetime', settings.max_lifetime, lifetime.most) },
      { ...age.rule, violated: () => tooLong('max_age', settings.max_age, age.most) },
    ],
    hooks: {
      'features.requestObjects.assertJwtClaimsAndHeader': refuses((ctx, claims) => {
        // The pushed request comes by here again when it is used.
        if ('PushedAuthorizationRequest' in ctx.oidc.entities) return;
        const { exp, nbf } = claims as { exp?: number; nbf?: number };
        if (Number(exp) - Number(nbf) > lifetime.most) {
          refuse(`exp must be within ${lifetime.most} seconds after nbf`, lifetime.rule);
        }
        if (Number(nbf) < seconds() - age.most) refuse(`nbf must be within ${age.most} seconds`, age.rule);
      }),
    },
  };
}
