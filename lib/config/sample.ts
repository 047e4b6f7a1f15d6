import { createPublicKey, hash, type KeyObject, X509Certificate } from 'node:crypto';

type JwkInput = Extract<Parameters<typeof createPublicKey>[0], object>;

/** SHA-256 of the public keys of `config/sample`: the clients' and the authority's. */
const samples = ['-23JLoV4vu1P6yPneHPZNctPR2czHMu08ESf1EwvORs', 'oopmwM-OwqQ786TK5-HysLj1InqInW9hUnckjPgIwY8'];

/** A key whose private half is in `config/sample`, where anyone can read it. */
export function isSampleKey(key: KeyObject): boolean {
  return samples.includes(hash('sha256', key.export({ type: 'spki', format: 'der' }), 'base64url'));
}

/** The same of a JWK, however its members are spelt, and of a certificate in it. */
export function isSampleJwk(jwk: object): boolean {
  const certificates = 'x5c' in jwk && Array.isArray(jwk.x5c) ? jwk.x5c : [];
  return [
    () => createPublicKey({ key: { ...jwk }, format: 'jwk' } as JwkInput),
    ...certificates.map((der) => () => new X509Certificate(Buffer.from(`${der}`, 'base64')).publicKey),
  ].some((read) => {
    try {
      return isSampleKey(read());
    } catch {
      // A key that cannot be read is reported by the mechanism that needs it.
      return false;
    }
  });
}

export const publicKnowledge = 'is the public sample, whose private key everyone has: use one of your own';
