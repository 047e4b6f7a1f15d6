import type { JWTPayload } from 'jose';
import type { Configuration } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { z } from 'zod';

import { seconds } from '../seconds.ts';
import { coreConfiguration, presets, toCore } from '../settings.ts';
import type { Mechanism } from './mechanism.ts';
import { proofClaims } from './proof_claims.ts';

export const clockSettings = z.strictObject({
  clock_tolerance: toCore(
    z
      .int()
      .min(10, 'is too small, write 10 to 59 seconds [FAPI2-SP-FINAL-5.3.2.1-13]')
      .max(59, 'is too large, write 10 to 59 seconds [FAPI2-SP-FINAL-5.3.2.1-13]')
      .default(15)
      .describe("seconds by which another's clock may differ, 10 to 59"),
    'clockTolerance',
  ),
});

function fromTheFuture(claims: JWTPayload, tolerance = 0): boolean {
  return [claims.iat, claims.nbf].some((time) => typeof time === 'number' && time > seconds() + tolerance);
}

/**
 * Refuses assertions, request objects and proofs that are dated further ahead than clocks differ: they were made to be
 * used later. Core looks at `iat` only where `exp` is absent, and takes a DPoP proof that is five minutes early, or of
 * any time when it carries a nonce.
 */
export function clock(): Mechanism {
  const tolerance = ({ clockTolerance = 0 }: Configuration) => clockTolerance;
  return {
    name: 'clock',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.3.2.1-13',
        setting: {
          key: 'clock_tolerance',
          tightens: (value) => Number(value) < presets(clockSettings).clock_tolerance,
        },
        text: 'shall accept JWTs with an iat or nbf timestamp between 0 and 10 seconds in the future but shall reject JWTs with an iat or nbf timestamp greater than 60 seconds in the future',
        violated: (configuration) =>
          Number.isInteger(tolerance(configuration)) && tolerance(configuration) >= 10 && tolerance(configuration) < 60
            ? undefined
            : { path: ['clockTolerance'], text: 'must be a whole number of seconds from 10 to 59' },
      },
      {
        id: 'DPOP-11.1',
        text: 'servers MUST only accept DPoP proofs for a limited time after their creation, also those with a nonce',
      },
    ],
    configuration: coreConfiguration(clockSettings, presets(clockSettings)),
    hooks: {
      assertJwtClientAuthClaimsAndHeader:
        (theirs, { clockTolerance }) =>
        async (ctx, claims, ...rest) => {
          if (fromTheFuture(claims, clockTolerance)) {
            throw new errors.InvalidClientAuth('client_assertion is from the future');
          }
          await theirs?.(ctx, claims, ...rest);
        },
      'features.requestObjects.assertJwtClaimsAndHeader':
        (theirs, { clockTolerance }) =>
        async (ctx, claims, ...rest) => {
          if (fromTheFuture(claims, clockTolerance)) {
            throw new errors.InvalidRequestObject('Request Object is from the future');
          }
          await theirs?.(ctx, claims, ...rest);
        },
      // Core asks this of every proof before it verifies it, which makes it the place for a rule of ours.
      'features.dPoP.requireNonce':
        (theirs, { clockTolerance = 0 }) =>
        (ctx) => {
          const { iat, nonce } = proofClaims(ctx);
          if (typeof iat === 'number' && iat > seconds() + clockTolerance) {
            throw new errors.InvalidDpopProof('DPoP proof iat is in the future');
          }
          if (nonce && typeof iat === 'number' && iat < seconds() - 300) {
            throw new errors.InvalidDpopProof('DPoP proof iat is not recent enough');
          }
          return theirs?.(ctx) ?? false;
        },
    },
  };
}
