import { hash } from 'node:crypto';

import { calculateJwkThumbprint, EmbeddedJWK, errors as joseErrors, jwtVerify } from 'jose';
import { normalized } from '../http/normalized_url.ts';
import { seconds } from '../seconds.ts';
import { algorithms } from '../signing_algorithms.ts';
import type { DpopNonces } from './dpop_nonce.ts';
import { invalidProof, Refusal } from './refusal.ts';
import type { ResourceRequest } from './request.ts';

export interface ProofRules {
  /** The URLs clients may know this server by; never taken from the request. */
  readonly origins: readonly string[];
  readonly nonces?: DpopNonces | undefined;
  readonly nonceRequired?: boolean | undefined;
  /** Seconds a proof is good for after its `iat`. */
  readonly lifetime?: number | undefined;
  /** Seconds a client's clock may be ahead. */
  readonly clockTolerance?: number | undefined;
}

export interface Proof {
  readonly jkt: string;
  readonly jti: string;
  /** The second after which the proof is refused for its age, so that its `jti` need not be remembered. */
  readonly expiresAt: number;
}

/** The URI without query and fragment, in the one spelling of RFC 3986 section 6.2.2. */
function target(uri: unknown): string | undefined {
  return typeof uri === 'string' ? normalized(uri.replace(/[?#].*$/s, '')) : undefined;
}

function proofOf(request: ResourceRequest): string {
  const [proof, ...more] = request.header('dpop');
  if (!proof) throw invalidProof('a DPoP proof has to be sent');
  if (more.length > 0 || proof.includes(',')) throw invalidProof('exactly one DPoP proof has to be sent');
  return proof;
}

async function verified(proof: string, clockTolerance: number) {
  try {
    return await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', algorithms: [...algorithms], clockTolerance });
  } catch (cause) {
    if (cause instanceof joseErrors.JWTExpired) throw invalidProof('the DPoP proof is expired');
    throw invalidProof('the DPoP proof is not a valid signed JWT with a public key', cause);
  }
}

function checkNonce(nonce: unknown, { nonces, nonceRequired }: ProofRules): void {
  // Clients keep nonces by origin: without ours, one in the proof is of another server here, and its business.
  if (!nonces || (nonce === undefined && !nonceRequired)) return;
  if (typeof nonce !== 'string' || !nonces.valid(nonce)) {
    throw new Refusal('use_dpop_nonce', 'the DPoP proof has to carry the nonce');
  }
}

/**
 * Checks everything about a proof but that it was not used before, which counts only once its access token is known.
 *
 * @throws {Refusal} when something is wrong with it.
 * @see [DPOP-4.3 - Checking DPoP Proofs](https://www.rfc-editor.org/rfc/rfc9449.html#section-4.3)
 */
export async function checkDpopProof(request: ResourceRequest, accessToken: string, rules: ProofRules): Promise<Proof> {
  const { lifetime = 300, clockTolerance = 15 } = rules;
  const { payload, protectedHeader } = await verified(proofOf(request), clockTolerance);
  const { jti, iat, htm, htu, ath, nonce } = payload;
  if (typeof jti !== 'string' || jti === '') throw invalidProof('the DPoP proof has to have a jti');
  if (typeof iat !== 'number') throw invalidProof('the DPoP proof has to have an iat');
  if (htm !== request.method) throw invalidProof('the htm of the DPoP proof is not the method of the request');
  const { pathname } = request.url;
  const here = rules.origins.map((origin) => target(new URL(pathname, origin).href));
  const stated = target(htu);
  if (!stated || !here.includes(stated)) throw invalidProof('the htu of the DPoP proof is not the URI of the request');
  if (ath !== hash('sha256', accessToken, 'base64url'))
    throw invalidProof('the ath of the DPoP proof is of another token');
  const now = seconds();
  if (iat > now + clockTolerance) throw invalidProof('the iat of the DPoP proof is in the future');
  if (iat < now - lifetime) throw invalidProof('the iat of the DPoP proof is too old');
  checkNonce(nonce, rules);
  const jkt = await calculateJwkThumbprint(protectedHeader.jwk ?? {});
  return { jkt, jti, expiresAt: iat + lifetime + 1 };
}
