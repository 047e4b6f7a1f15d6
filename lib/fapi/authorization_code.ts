import { z } from 'zod';

import { coreConfiguration, presets, toCore } from '../settings.ts';
import { wholeSeconds } from '../values.ts';
import { atMost } from './hooks.ts';
import { endInTime } from './lifetimes.ts';
import type { Mechanism } from './mechanism.ts';

const longest = 60;

export const codeLifetime = z.strictObject({
  authorization_code: toCore(
    wholeSeconds
      .max(longest, `is too long, write at most ${longest} seconds [FAPI2-SP-FINAL-5.3.2.1-11]`)
      .default(longest)
      .describe(`an authorization code, at most ${longest}`),
    'ttl.AuthorizationCode',
  ),
});

/**
 * Bounds the lifetime of authorization codes, and has a second use of one revoke what the first one got.
 *
 * @see [RFC 6749 - Authorization Response](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2)
 */
export function authorizationCode(): Mechanism {
  return {
    name: 'authorization_code',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.3.2.1-11',
        setting: { key: 'ttl.authorization_code', tightens: (value) => Number(value) < longest },
        text: 'shall issue authorization codes with a maximum lifetime of 60 seconds',
        violated: ({ ttl }) =>
          typeof ttl?.AuthorizationCode === 'function' || Number(ttl?.AuthorizationCode) <= longest
            ? undefined
            : { path: ['ttl', 'AuthorizationCode'], text: `must be at most ${longest} seconds` },
      },
      {
        id: 'FAPI2-SP-FINAL-5.3.2.2-9',
        text: 'shall reject an authorization code if it has been previously used',
        // Core reads first and spends later: the adapter decides which of two requests at once was first.
        violated: ({ adapter }) =>
          adapter ? undefined : { path: ['adapter'], text: 'must be one that passes the adapter contract' },
      },
      {
        id: 'RFC6749-4.1.2',
        text: 'SHOULD revoke all tokens previously issued based on a code that is used more than once, also after it expired',
      },
    ],
    configuration: coreConfiguration(codeLifetime, presets(codeLifetime)),
    hooks: {
      'ttl.AuthorizationCode': atMost(longest),
      // Core asks when a code is used again. Elsewhere it is for the deployment to say how far a revocation goes.
      revokeGrantPolicy: (theirs) => theirs && ((ctx) => ctx.oidc.route === 'token' || theirs(ctx)),
    },
    attach: ({ AuthorizationCode }) => endInTime(AuthorizationCode, longest),
  };
}
