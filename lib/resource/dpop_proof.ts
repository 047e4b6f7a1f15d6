import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import { calculateJwkThumbprint, EmbeddedJWK, errors as joseErrors, jwtVerify } from 'jose';
import type { Context } from 'koa';
import { errors } from 'oidc-provider';
import { seconds } from '../seconds.ts';
import type { DpopNonces } from './dpop_nonce.ts';

/** FAPI2-SP-FINAL-5.4.1-1.2; `Ed25519` is what RFC 9864 calls EdDSA with that curve. */
export const dpopSigningAlgs = ['PS256', 'ES256', 'EdDSA', 'Ed25519'];

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
  /** After this second the proof is refused for its age, and its `jti` need not be remembered. */
  readonly expiresAt: number;
}

const refuse = (description: string) => new errors.InvalidDpopProof(description);

/** The URI without query and fragment, in the one spelling of WHATWG URL. */
function normalized(uri: unknown): string | undefined {
  const url = typeof uri === 'string' ? URL.parse(uri) : null;
  if (!url) return undefined;
  url.search = '';
  url.hash = '';
  return url.href;
}

function proofOf(req: IncomingMessage): string {
  const [proof, ...more] = req.headersDistinct.dpop ?? [];
  if (!proof) throw refuse('a DPoP proof has to be sent');
  if (more.length > 0 || proof.includes(',')) throw refuse('exactly one DPoP proof has to be sent');
  return proof;
}

async function verified(proof: string, clockTolerance: number) {
  try {
    return await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', algorithms: dpopSigningAlgs, clockTolerance });
  } catch (cause) {
    if (cause instanceof joseErrors.JWTExpired) throw refuse('the DPoP proof is expired');
    throw new errors.InvalidDpopProof('the DPoP proof is not a valid signed JWT with a public key', { cause });
  }
}

function checkNonce(nonce: unknown, { nonces, nonceRequired }: ProofRules): void {
  // Clients keep nonces by origin: without ours, one in the proof is of another server here, and its business.
  if (!nonces || (nonce === undefined && !nonceRequired)) return;
  if (typeof nonce !== 'string' || !nonces.valid(nonce)) {
    throw new errors.UseDpopNonce('the DPoP proof has to carry the nonce');
  }
}

/**
 * Everything about a proof but whether it was seen before, which only counts once its access token is known.
 *
 * @see [RFC 9449 section 4.3 - Checking DPoP Proofs](https://www.rfc-editor.org/rfc/rfc9449.html#section-4.3)
 */
export async function checkDpopProof(
  { req, originalUrl }: Pick<Context, 'req' | 'originalUrl'>,
  accessToken: string,
  rules: ProofRules,
): Promise<Proof> {
  const { lifetime = 300, clockTolerance = 15 } = rules;
  const { payload, protectedHeader } = await verified(proofOf(req), clockTolerance);
  const { jti, iat, htm, htu, ath, nonce } = payload;
  if (typeof jti !== 'string' || jti === '') throw refuse('the DPoP proof has to have a jti');
  if (typeof iat !== 'number') throw refuse('the DPoP proof has to have an iat');
  if (htm !== req.method) throw refuse('the htm of the DPoP proof is not the method of the request');
  // Under a path, Express and koa-mount each keep the whole URL in a place of their own.
  const path = (req as { originalUrl?: string }).originalUrl ?? originalUrl;
  const { pathname } = URL.parse(path, 'https://path.invalid') ?? {};
  const here = rules.origins.map((origin) => normalized(new URL(pathname ?? '/', origin).href));
  const target = normalized(htu);
  if (!target || !here.includes(target)) throw refuse('the htu of the DPoP proof is not the URI of the request');
  if (ath !== hash('sha256', accessToken, 'base64url')) throw refuse('the ath of the DPoP proof is of another token');
  const now = seconds();
  if (iat > now + clockTolerance) throw refuse('the iat of the DPoP proof is in the future');
  if (iat < now - lifetime) throw refuse('the iat of the DPoP proof is too old');
  checkNonce(nonce, rules);
  const jkt = await calculateJwkThumbprint(protectedHeader.jwk ?? {});
  return { jkt, jti, expiresAt: iat + lifetime + 1 };
}
