import type { Configuration } from 'oidc-provider';

import type { Finding } from './mechanism.ts';

/** The rule that a feature of core's is switched on. */
export const enabled =
  (feature: 'claimsParameter' | 'encryption' | 'jwtIntrospection' | 'jwtResponseModes' | 'revocation') =>
  ({ features }: Configuration): Finding | undefined =>
    features?.[feature]?.enabled ? undefined : { path: ['features', feature, 'enabled'], text: 'must be true' };
