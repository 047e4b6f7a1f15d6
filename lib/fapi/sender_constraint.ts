import type { Provider } from 'oidc-provider';
import { errors } from 'oidc-provider';

import { type AroundClients, aroundClients, isStoredByCore } from './adapter.ts';
import type { Mechanism } from './mechanism.ts';

const clause = 'FAPI2-SP-FINAL-5.3.2.1-4';

type Find = Provider['AccessToken']['find'];

/** Has a model find bound tokens only. Others are from before the profile, or were written by somebody else. */
function findBoundOnly(model: { find: Find }): void {
  const find = model.find;
  const findBound: Find = async function findBound(this: never, ...args) {
    const found = await find.apply(this, args);
    const token = found as { isSenderConstrained?(): boolean } | undefined;
    // The method is generic in its class: the compiler does not follow that what it found is of it.
    return (token?.isSenderConstrained?.() ? found : undefined) as never;
  };
  model.find = findBound;
}

const unbound =
  'is false, and tls_client_certificate_bound_access_tokens is not true: tokens would be bound to nothing; leave it out for DPoP, or set the other one to true';

const isUnbound = (metadata: Readonly<Record<string, unknown>>): boolean =>
  metadata.dpop_bound_access_tokens === false && !metadata.tls_client_certificate_bound_access_tokens;

/**
 * Refuses a client whose metadata ask for tokens that are not bound. It looks before core fills in its own default,
 * which is false as well.
 */
const refuseUnbound: AroundClients = async (find) => {
  const metadata = await find();
  if (metadata && isUnbound(metadata) && !isStoredByCore(metadata)) {
    throw new errors.InvalidClientMetadata(`dpop_bound_access_tokens: ${unbound}`, clause);
  }
  return metadata;
};

/**
 * Binds every access token to a key that its client proves to hold: by DPoP or by the client's certificate.
 *
 * @param settings.mtls true where mutual TLS is a setting of the profile: then its own functions find certificates.
 */
export function senderConstraint({ mtls = false }: { mtls?: boolean } = {}): Mechanism {
  return {
    name: 'sender_constraint',
    clauses: [
      {
        id: clause,
        text: 'shall only issue sender-constrained access tokens',
        *client(metadata) {
          if (isUnbound(metadata)) {
            yield { path: ['dpop_bound_access_tokens'], text: unbound };
            return;
          }
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
        *violated({ features }) {
          if (!features?.dPoP?.enabled && !(features?.mTLS?.enabled && features.mTLS.certificateBoundAccessTokens)) {
            yield {
              path: ['features', 'dPoP', 'enabled'],
              text: 'must be true where mutual TLS binds no access tokens',
            };
          }
          // Its functions would say which certificate a request has, by a header that anybody may send.
          if (!mtls && features?.mTLS?.enabled) {
            yield {
              path: ['features', 'mTLS'],
              text: 'is turned on by the setting `mtls: { url, authorities, proxy }` of the profile',
            };
          }
        },
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
    complete(metadata, written = metadata) {
      // Core's own default is false.
      if (written.dpop_bound_access_tokens === undefined && !metadata.tls_client_certificate_bound_access_tokens) {
        metadata.dpop_bound_access_tokens = true;
      }
    },
    compose: (configuration) => aroundClients(configuration, refuseUnbound),
    hooks: {
      // The last place a token passes before it is stored: whatever led here, an unbound one does not go on.
      extraTokenClaims: (theirs) => async (ctx, token) => {
        if (!token.isSenderConstrained()) {
          throw new errors.InvalidRequest('access tokens are only issued to a DPoP key or a client certificate');
        }
        return theirs?.(ctx, token);
      },
    },
    attach(provider) {
      for (const model of [provider.AccessToken, provider.ClientCredentials]) findBoundOnly(model);
    },
  };
}
