import type { Middleware } from 'koa';

import { introspectionJwt as signed } from '../http/media_types.ts';
import { endpoints } from '../http/routes.ts';
import type { Mechanism } from './mechanism.ts';

/** @see [RFC 9701 - JWT Response for OAuth Token Introspection](https://www.rfc-editor.org/rfc/rfc9701.html) */
export function signedIntrospection(): Mechanism {
  return {
    name: 'signed_introspection',
    clauses: [
      {
        id: 'FAPI2-MS-ID1-5.5.1-1',
        text: 'shall sign introspection responses that are issued in JWT format according to RFC 9701',
        violated: ({ features }) =>
          features?.jwtIntrospection?.enabled
            ? undefined
            : { path: ['features', 'jwtIntrospection', 'enabled'], text: 'must be true' },
      },
      {
        id: 'RFC9701-4',
        text: 'an introspection is answered by a signed JWT also where the caller does not ask for one',
      },
    ],
    configuration: {
      features: { introspection: { enabled: true }, jwtIntrospection: { enabled: true } },
    },
    middleware(provider) {
      const endpointOf = endpoints(provider);
      const alwaysSigned: Middleware = function alwaysSigned(ctx, next) {
        // Core chooses by Accept. An unsigned answer would be one somebody on the way back could have written.
        if (endpointOf(ctx) === 'introspection') ctx.req.headers.accept = signed;
        return next();
      };
      return { protocol: [alwaysSigned] };
    },
  };
}
