import type { Mechanism } from './mechanism.ts';

/**
 * Says in the metadata that authorization responses have `iss`, as core's have.
 *
 * @see [RFC 9207 - OAuth 2.0 Authorization Server Issuer Identification](https://www.rfc-editor.org/rfc/rfc9207.html)
 */
export function iss(): Mechanism {
  return {
    name: 'iss',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.3.2.2-7',
        text: 'shall return an iss parameter in the authorization response according to RFC 9207',
        // Core always does. Metadata that says otherwise would have clients ignore it.
        violated: ({ discovery }) =>
          discovery?.authorization_response_iss_parameter_supported === false
            ? { path: ['discovery', 'authorization_response_iss_parameter_supported'], text: 'must not be false' }
            : undefined,
      },
    ],
  };
}
