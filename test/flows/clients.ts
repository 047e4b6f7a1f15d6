import { type webcrypto, X509Certificate } from 'node:crypto';

import { exportJWK, generateKeyPair, type JWK } from 'jose';

import type { KeyPair } from '../../lib/server/tls.ts';
import { CertificateAuthority, selfSignedClient } from '../support/certificates.ts';

export const clientAuths = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'] as const;
type ClientAuth = (typeof clientAuths)[number];
export const senderConstrains = ['dpop', 'mtls'] as const;
type SenderConstrain = (typeof senderConstrains)[number];

/** What a client has: keys, a certificate, and what the server knows of it. */
export interface TestClient {
  readonly client_id: string;
  readonly client_auth: ClientAuth;
  readonly sender_constrain: SenderConstrain;
  /** What it signs assertions and request objects with. */
  readonly key: webcrypto.CryptoKey;
  readonly kid: string;
  /** Shown on TLS connections where its metadata ask for one. */
  readonly certificate: KeyPair | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The authority of this run: of clients by `tls_client_auth`, and of the servers. */
export const authority = await CertificateAuthority.root('CN=Flows');

const issued = await authority.issue({
  subject: 'CN=client.example.com',
  san: [{ type: 'dns', value: 'client.example.com' }],
});
const selfSigned = await selfSignedClient();

const subjects = [
  { tls_client_auth_subject_dn: 'CN=client.example.com' },
  { tls_client_auth_san_dns: 'client.example.com' },
];

function certificateJwk({ cert }: KeyPair): JWK {
  const { publicKey, raw } = new X509Certificate(cert);
  return { ...publicKey.export({ format: 'jwk' }), x5c: [raw.toString('base64')] };
}

/** A client with keys of its own; each signs with another of the permitted algorithms. */
export async function testClient(
  client_auth: ClientAuth,
  sender_constrain: SenderConstrain,
  own: Readonly<Record<string, unknown>> = {},
): Promise<TestClient> {
  const alg = { private_key_jwt: 'PS256', tls_client_auth: 'ES256', self_signed_tls_client_auth: 'Ed25519' }[
    client_auth
  ];
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const kid = `${client_auth}-key`;
  const client_id = `${own.client_id ?? `${client_auth}-${sender_constrain}`}`;
  const keys: JWK[] = [{ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }];
  if (client_auth === 'self_signed_tls_client_auth') keys.push(certificateJwk(selfSigned));
  const certificate = client_auth === 'self_signed_tls_client_auth' ? selfSigned : issued;
  const showsOne = client_auth !== 'private_key_jwt' || sender_constrain === 'mtls';
  const metadata = {
    client_id,
    client_name: `Flows ${client_id}`,
    token_endpoint_auth_method: client_auth,
    ...(sender_constrain === 'mtls'
      ? { tls_client_certificate_bound_access_tokens: true }
      : { dpop_bound_access_tokens: true }),
    // Both ways to name the subject.
    ...(client_auth === 'tls_client_auth' ? subjects[sender_constrain === 'mtls' ? 1 : 0] : {}),
    jwks: { keys },
    application_type: 'native',
    redirect_uris: ['http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    scope: 'openid offline_access profile email',
    ...own,
  };
  return {
    client_id,
    client_auth,
    sender_constrain,
    key: privateKey,
    kid,
    certificate: showsOne ? certificate : undefined,
    metadata,
  };
}

/** One client for each way to authenticate and to bind tokens. */
export const clients: readonly TestClient[] = await Promise.all(
  clientAuths.flatMap((auth) => senderConstrains.map((constrain) => testClient(auth, constrain))),
);

/** The certificate the servers of this run show. */
export const serverCertificate = await authority.issue({
  subject: 'CN=localhost',
  san: [{ type: 'dns', value: 'localhost' }],
  usages: ['1.3.6.1.5.5.7.3.1'],
});
