import type { Mechanism } from './mechanism.ts';

/** Keeps refresh tokens as they are instead of rotating them: the client's authentication binds them to its key. */
export function refreshToken(): Mechanism {
  return {
    name: 'refresh_token',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.3.2.1-9',
        text: 'shall not use refresh token rotation except in extraordinary circumstances',
        violated: ({ rotateRefreshToken }) =>
          rotateRefreshToken === false ? undefined : { path: ['rotateRefreshToken'], text: 'must be false' },
      },
    ],
    configuration: {
      rotateRefreshToken: false,
      // Core asks for offline_access as well, which plain OAuth requests have no scope for.
      issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    },
  };
}
