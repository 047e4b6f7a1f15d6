import { X509Certificate } from 'node:crypto';

import { mutualTls, type ProxySettings } from '../certificates/client_certificate.ts';
import { isDistinguishedName } from '../certificates/distinguished_name.ts';
import type { Mechanism } from './mechanism.ts';

/** Settings of mutual TLS. */
export interface MtlsSettings {
  /** Base URL of the listener that asks for client certificates; it becomes `mtls_endpoint_aliases`. */
  url: string;
  /** PEM certificates of the authorities that `tls_client_auth` clients' certificates have to come from. */
  authorities?: readonly string[];
  /** Who may hand over a client certificate in a header, when TLS ends before this process. */
  proxy?: ProxySettings | undefined;
}

/** @see [RFC 8705 - OAuth 2.0 Mutual-TLS Client Authentication](https://www.rfc-editor.org/rfc/rfc8705.html) */
export function mtls({ authorities = [], proxy }: MtlsSettings): Mechanism {
  return {
    name: 'mtls',
    clauses: [
      {
        id: 'RFC8705-2.1',
        text: 'the certificate chain is validated, and one registered subject value compared',
        violated: ({ features }) =>
          features?.mTLS?.getCertificate &&
          features.mTLS.certificateAuthorized &&
          features.mTLS.certificateSubjectMatches
            ? undefined
            : {
                path: ['features', 'mTLS'],
                text: 'must have getCertificate, certificateAuthorized and certificateSubjectMatches',
              },
        *client({ token_endpoint_auth_method: method, tls_client_auth_subject_dn: subject }) {
          if (method === 'tls_client_auth' && authorities.length === 0) {
            yield {
              path: ['token_endpoint_auth_method'],
              text: 'tls_client_auth needs the certificate authorities of clients in `mtls.ca`',
            };
          }
          if (typeof subject === 'string' && !isDistinguishedName(subject)) {
            yield {
              path: ['tls_client_auth_subject_dn'],
              text: 'is no distinguished name of RFC 4514, write for example CN=client,O=Bank,C=SE',
            };
          }
        },
      },
      {
        id: 'RFC8705-3',
        text: 'access tokens are bound to the certificate the client used',
        violated: ({ features }) =>
          features?.mTLS?.enabled && features.mTLS.certificateBoundAccessTokens
            ? undefined
            : { path: ['features', 'mTLS', 'certificateBoundAccessTokens'], text: 'must be true' },
      },
    ],
    configuration: {
      features: {
        mTLS: {
          enabled: true,
          certificateBoundAccessTokens: true,
          tlsClientAuth: true,
          selfSignedTlsClientAuth: true,
          ...mutualTls({ authorities: authorities.map((pem) => new X509Certificate(pem)), proxy }),
        },
      },
    },
  };
}
