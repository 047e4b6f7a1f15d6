import type { Violation } from '../errors.ts';
import type { Mechanism } from './mechanism.ts';

/** Turns on core's own switch `features.fapi`, and states the clauses core holds by itself, so that they are tried like the rest. */
export function core(faults: readonly Violation[] = []): Mechanism {
  return {
    name: 'core',
    faults,
    configuration: { features: { fapi: { enabled: true, profile: '2.0' } } },
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.3.2.1-12',
        text: 'shall support authorization code binding to a DPoP key: the dpop_jkt parameter and the DPoP header at the push',
      },
      {
        id: 'FAPI2-SP-FINAL-5.3.2.2-4',
        text: 'shall reject pushed authorization requests without client authentication',
      },
      {
        id: 'FAPI2-SP-FINAL-5.3.2.2-6',
        text: 'shall require the redirect_uri parameter in pushed authorization requests',
        violated({ features }) {
          const rules = features?.fapi?.enabled ? features.fapi.profile : undefined;
          return rules === '2.0'
            ? undefined
            : { path: ['features', 'fapi', 'profile'], text: "must be enabled with the profile '2.0'" };
        },
      },
      {
        id: 'FAPI2-SP-FINAL-5.3.2.2-11',
        text: 'should use the HTTP 303 status code when redirecting the user agent, and never 307',
      },
      {
        id: 'FAPI2-SP-FINAL-5.3.2.2-14',
        text: 'shall support nonce parameter values up to 64 characters in length',
      },
      {
        id: 'FAPI2-SP-FINAL-5.3.4-5',
        text: 'shall verify that the access token is bound to the key or certificate it is presented with',
      },
      {
        id: 'PAR-4',
        text: 'a pushed request is only used by the client that pushed it, and nothing sent beside it counts',
      },
    ],
  };
}
