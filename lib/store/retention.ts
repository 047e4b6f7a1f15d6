import { TOLERATED } from '../database/clock.ts';

/**
 * Seconds a row outlives its expiry, by model. Expiry is judged by oidc-provider, on its own clock, from what the row
 * says; retention only says when a row may be purged.
 */
export type Retention = Readonly<Record<string, number>>;

/** Clocks of processes differ, and core's `clockTolerance`, 59 at most, lets a row count a little after it has expired. */
const MARGIN = TOLERATED + 60;

const defaults: Retention = {
  // oidc-provider marks a pushed request as used when the person has finished, up to `ttl.Interaction` after it
  // expired. Were the row gone by then, one request_uri would be good for several codes. [FAPI2-SP-FINAL-5.3.2.2-3]
  PushedAuthorizationRequest: 3600,
  // A code used again revokes the tokens issued for it, as long as they may live. [FAPI2-SP-FINAL-5.3.2.2-9]
  AuthorizationCode: 3600,
};

export function retentionOf(retention: Retention | undefined, model: string): number {
  return MARGIN + (retention?.[model] ?? defaults[model] ?? 0);
}
