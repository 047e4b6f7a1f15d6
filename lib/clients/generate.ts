import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair, type JWK } from 'jose';

import type { Members } from './members.ts';

/** Ways to authenticate that a client may be given credentials for. */
export const generatable = ['private_key_jwt', 'self_signed_tls_client_auth'] as const;
export type Generatable = (typeof generatable)[number];

/** A client's credentials: what is registered, and the private part, which is the client's alone. */
export interface Credentials {
  readonly metadata: Members;
  /** PKCS #8, PEM. */
  readonly key: string;
  /** The same key as client libraries take it, with `kid` and `alg`. */
  readonly jwk: JWK;
  /** PEM; of a client that authenticates by it. */
  readonly certificate?: string | undefined;
}

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

const alg = 'ES256';
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const day = 24 * 60 * 60 * 1000;

/** The common name of a client's certificate, without the characters that have a meaning in a distinguished name. */
const commonName = (client_id: string) => client_id.replace(/[^\w.~-]/g, '_').slice(0, 64);

async function selfSigned(client_id: string, keys: KeyPair): Promise<string> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: new x509.Name([{ CN: [commonName(client_id)] }]),
    keys,
    signingAlgorithm: algorithm,
    // A clock a little behind ours must not find the certificate not yet valid.
    notBefore: new Date(now - day),
    notAfter: new Date(now + 2 * 365 * day),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    ],
  });
  return certificate.toString('pem');
}

const derOf = (pem: string) => pem.replace(/-----[^-]+-----|\s/g, '');

/** Makes a key pair, or a key pair with a certificate it has signed itself, and the metadata that goes with it. */
export async function generateCredentials(client_id: string, how: Generatable): Promise<Credentials> {
  const keys = await generateKeyPair(alg, { extractable: true });
  const certificate = how === 'self_signed_tls_client_auth' ? await selfSigned(client_id, keys) : undefined;
  const jwk = await exportJWK(keys.publicKey);
  const named = { kid: await calculateJwkThumbprint(jwk), alg, use: 'sig' };
  const jwks = { keys: [{ ...jwk, ...named, ...(certificate && { x5c: [derOf(certificate)] }) }] };
  const bound = certificate ? 'tls_client_certificate_bound_access_tokens' : 'dpop_bound_access_tokens';
  return {
    metadata: { token_endpoint_auth_method: how, [bound]: true, jwks },
    key: await exportPKCS8(keys.privateKey),
    jwk: { ...(await exportJWK(keys.privateKey)), ...named },
    certificate,
  };
}

/** Metadata of a first client where nobody has said otherwise: it is a program on this machine. */
export const firstMetadata: Members = {
  application_type: 'native',
  redirect_uris: ['http://127.0.0.1/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid offline_access',
};
