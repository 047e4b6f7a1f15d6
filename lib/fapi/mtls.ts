import { X509Certificate } from 'node:crypto';

import type { ClientMetadata, Configuration } from 'oidc-provider';

import type { AcceptCertificate, MutualTls } from '../certificates/client_certificate.ts';
import { readCertificates } from '../certificates/pem.ts';
import type { ProxySettings } from '../certificates/presented.ts';
import { subjectFindings, subjectWarnings } from './certificate_subject.ts';
import { both } from './hooks.ts';
import type { Finding, Mechanism } from './mechanism.ts';

/** Settings of mutual TLS. */
export interface MtlsSettings {
  /** Base URL of the listener that asks for client certificates; it becomes `mtls_endpoint_aliases`. */
  url: string;
  /** PEM certificates, one or more in each, of the authorities that `tls_client_auth` clients' certificates have to come from. */
  authorities?: readonly string[];
  /**
   * Files of revocation lists (CRL), PEM or DER, read again when they change. Where there are any, every certificate of
   * a path below its authority needs a current list: it is refused where the list is missing or past its `nextUpdate`.
   */
  crl?: readonly string[] | undefined;
  /** Refuses a certificate that is right otherwise, when it answers anything but `true`. */
  accept?: AcceptCertificate | undefined;
  /** Proxies that may hand over a client certificate in a header, when TLS ends before this process. */
  proxy?: ProxySettings | undefined;
}

function* noCertificate({ jwks, jwks_uri }: ClientMetadata): Iterable<Finding> {
  const keys: unknown = jwks?.keys;
  if (jwks_uri !== undefined || !Array.isArray(keys)) return;
  const readable = keys.some(({ x5c }: { x5c?: readonly unknown[] }) => {
    try {
      return new X509Certificate(Buffer.from(`${x5c?.[0]}`, 'base64')).fingerprint256 !== '';
    } catch {
      return false;
    }
  });
  if (!readable) {
    yield {
      path: ['jwks', 'keys'],
      text: 'hold no certificate: no way to authenticate is left, write it as x5c of a key',
    };
  }
}

/**
 * Authenticates clients by their certificates, and binds tokens to them.
 *
 * @see [RFC 8705 - OAuth 2.0 Mutual-TLS Client Authentication](https://www.rfc-editor.org/rfc/rfc8705.html)
 */
export function mtls({ authorities = [], proxy, crl, accept }: MtlsSettings): Mechanism {
  const anchors = authorities.flatMap((pem) => readCertificates(pem));
  let loaded: MutualTls | undefined;
  const ours = (): MutualTls => {
    if (!loaded) throw new Error('certificates are asked for before the provider is made');
    return loaded;
  };
  const warn = subjectWarnings();
  return {
    name: 'mtls',
    // ASN.1 takes a fifth of the time core takes to load.
    async load() {
      const [{ mutualTls }, { revocationCheck }] = await Promise.all([
        import('../certificates/client_certificate.ts'),
        import('../certificates/revocation.ts'),
      ]);
      loaded = mutualTls({ authorities: anchors, proxy, accept, check: crl && revocationCheck(crl, anchors) });
    },
    clauses: [
      {
        id: 'RFC8705-2.1',
        setting: { key: 'mtls', tightens: () => false },
        text: 'the certificate chain is validated, and one registered subject value compared',
        violated: ({ features }) =>
          features?.mTLS?.getCertificate
            ? {
                path: ['features', 'mTLS', 'getCertificate'],
                text: 'must not be set: a certificate comes from the TLS handshake, or from a proxy by `mtls: { proxy: { trusted, client_certificate } }` of the profile',
              }
            : undefined,
        *client(metadata) {
          if (metadata.token_endpoint_auth_method === 'self_signed_tls_client_auth') yield* noCertificate(metadata);
          if (metadata.token_endpoint_auth_method === 'tls_client_auth' && authorities.length === 0) {
            yield {
              path: ['token_endpoint_auth_method'],
              text: 'tls_client_auth needs the certificate authorities of clients in `mtls.ca`',
            };
          }
          yield* subjectFindings(metadata);
          warn(metadata);
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
          // Its functions are composed by `hooks`; the type asks for them here.
        } as NonNullable<Configuration['features']>['mTLS'],
      },
    },
    hooks: {
      'features.mTLS.getCertificate': () => (ctx) => ours().getCertificate(ctx),
      'features.mTLS.certificateAuthorized': both((...asked) => ours().certificateAuthorized(...asked)),
      'features.mTLS.certificateSubjectMatches': both((...asked) => ours().certificateSubjectMatches(...asked)),
    },
  };
}
