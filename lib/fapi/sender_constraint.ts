import { errors } from 'oidc-provider';

import type { Mechanism } from './mechanism.ts';

/** Every access token is bound to a key its client proves to hold: by DPoP or by the client's certificate. */
export function senderConstraint(): Mechanism {
  return {
    name: 'sender_constraint',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.3.2.1-4',
        text: 'shall only issue sender-constrained access tokens',
        *client(metadata) {
          const bound = [metadata.dpop_bound_access_tokens, metadata.tls_client_certificate_bound_access_tokens];
          if (metadata.grant_types?.length !== 0 && bound.filter((flag) => flag === true).length !== 1) {
            yield {
              path: ['dpop_bound_access_tokens'],
              text: 'set exactly one of dpop_bound_access_tokens and tls_client_certificate_bound_access_tokens to true',
            };
          }
        },
      },
      {
        id: 'FAPI2-SP-FINAL-5.3.2.1-5',
        text: 'shall use one of mutual TLS or DPoP for sender-constrained access tokens',
        violated: ({ features }) =>
          features?.dPoP?.enabled || (features?.mTLS?.enabled && features.mTLS.certificateBoundAccessTokens)
            ? undefined
            : { path: ['features', 'dPoP', 'enabled'], text: 'must be true where mutual TLS binds no access tokens' },
        *client(metadata, { features }) {
          if (metadata.tls_client_certificate_bound_access_tokens && !features?.mTLS?.certificateBoundAccessTokens) {
            yield {
              path: ['tls_client_certificate_bound_access_tokens'],
              text: 'needs mutual TLS, which is not configured: add `mtls`, or use dpop_bound_access_tokens',
            };
          }
        },
      },
    ],
    configuration: { features: { dPoP: { enabled: true } } },
    complete(metadata) {
      if (!metadata.dpop_bound_access_tokens && !metadata.tls_client_certificate_bound_access_tokens) {
        metadata.dpop_bound_access_tokens = true;
      }
    },
    hooks: {
      // The last place a token passes before it is stored: whatever led here, an unbound one does not go on.
      extraTokenClaims: (theirs) => async (ctx, token) => {
        if (!token.isSenderConstrained()) {
          throw new errors.InvalidRequest('access tokens are only issued to a DPoP key or a client certificate');
        }
        return theirs?.(ctx, token);
      },
    },
  };
}
