import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

import { decodeJwt } from 'jose';

import type { Keys } from '../keys/keys.ts';
import { type DpopNonces, dpopNonces } from '../resource/dpop_nonce.ts';

function nonceOf(proof: string): string | undefined {
  try {
    const { nonce } = decodeJwt(proof);
    return typeof nonce === 'string' ? nonce : undefined;
  } catch {
    return undefined;
  }
}

/** Has an answer carry a nonce of the present secret in place of one of another secret. */
function answerWith(nonces: DpopNonces, response: ServerResponse): void {
  const set = response.setHeader.bind(response);
  response.setHeader = (name, value) => set(name, /^dpop-nonce$/i.test(name) ? nonces.current() : value);
  response.setHeader('dpop-nonce', '');
}

/**
 * Takes requests whose DPoP proof has a nonce of another secret than the present one, while one follows the other. Core
 * knows one secret, so such a request goes to a provider that has the other one, made when the first of them comes.
 *
 * @param make a handler that differs in the secret only
 * @returns true when the request was taken
 */
export function otherNonces(
  { dpopNonce, otherNonces: others = [] }: Keys,
  make: (secret: Buffer) => Promise<RequestListener>,
): (request: IncomingMessage, response: ServerResponse, otherwise: RequestListener) => boolean {
  const present = dpopNonces(dpopNonce);
  const known = others.map((secret) => ({ secret, nonces: dpopNonces(secret) }));
  const made = new Map<Buffer, Promise<RequestListener>>();
  return function take(request, response, otherwise) {
    const { dpop } = request.headers;
    if (known.length === 0 || typeof dpop !== 'string') return false;
    const nonce = nonceOf(dpop);
    if (nonce === undefined || present.valid(nonce)) return false;
    const other = known.find(({ nonces }) => nonces.valid(nonce));
    if (!other) return false;
    const handler = made.get(other.secret) ?? make(other.secret);
    made.set(other.secret, handler);
    answerWith(present, response);
    handler.then(
      (handle) => handle(request, response),
      () => otherwise(request, response),
    );
    return true;
  };
}
