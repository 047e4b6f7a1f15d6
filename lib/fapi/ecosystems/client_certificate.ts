import { errors } from 'oidc-provider';

import { unauthorized } from '../../certificates/certification_path.ts';
import { readCertificates } from '../../certificates/pem.ts';
import { presentedBy } from '../../certificates/presented.ts';
import { revocationCheck } from '../../certificates/revocation.ts';
import type { ClauseId } from '../../clause.ts';
import { type Endpoint, endpoints } from '../../http/routes.ts';
import type { Mechanism } from '../mechanism.ts';
import type { MtlsSettings } from '../mtls.ts';

const asked: readonly Endpoint[] = ['pushed_authorization_request', 'token', 'introspection', 'revocation'];

/**
 * Asks clients for a certificate of the ecosystem's authorities at every endpoint for programs, also those that
 * authenticate by private_key_jwt. Their access tokens are bound to it, so that resources ask for it as well.
 *
 * @param id the clause of the ecosystem that asks for it.
 * @param mtls the profile's settings of mutual TLS.
 * @example
 * clientCertificate('CID-SP-4.2-7', settings.mtls)
 */
export function clientCertificate(id: ClauseId, mtls: MtlsSettings | undefined): Mechanism {
  const presented = presentedBy(mtls?.proxy ?? {});
  const authorities = (mtls?.authorities ?? []).flatMap((pem) => readCertificates(pem));
  const check = mtls?.crl && revocationCheck(mtls.crl, authorities);
  return {
    name: 'ecosystems/client_certificate',
    clauses: [
      {
        id,
        text: 'a client shows a certificate of the ecosystem at the push, at the token endpoint and at resources',
        violated: () =>
          mtls === undefined
            ? {
                path: ['mtls'],
                text: 'is missing: the ecosystem asks clients for certificates, write mtls: { port: ..., ca: ... }',
              }
            : authorities.length === 0
              ? { path: ['mtls', 'ca'], text: 'is missing, name the file of the ecosystem’s certificate authorities' }
              : undefined,
        *client({ tls_client_certificate_bound_access_tokens: bound, grant_types }) {
          if (bound !== true && grant_types?.length !== 0) {
            const text = 'must be true: the ecosystem binds access tokens to the client’s certificate';
            yield { path: ['tls_client_certificate_bound_access_tokens'], text };
          }
        },
      },
    ],
    middleware(provider) {
      const endpointOf = endpoints(provider);
      return {
        protocol: [
          function askForCertificate(ctx, next) {
            if (!asked.includes(endpointOf(ctx)) || ctx.method === 'OPTIONS') return next();
            const found = presented(ctx.req);
            if (!found) throw new errors.InvalidRequest('mutual TLS client certificate not provided');
            if (unauthorized(found.certificate, found.intermediates, authorities, { check })) {
              throw new errors.InvalidRequest('the client certificate comes from none of the ecosystem’s authorities');
            }
            return next();
          },
        ],
      };
    },
  };
}
