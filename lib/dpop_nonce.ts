import { createHmac, timingSafeEqual } from 'node:crypto';

const step = 60;

/** Server-provided nonces without a store: every process with the secret makes and takes the same ones. */
export interface DpopNonces {
  readonly current: () => string;
  readonly valid: (nonce: string) => boolean;
}

/** @see [RFC 9449 section 9 - Resource Server-Provided Nonce](https://www.rfc-editor.org/rfc/rfc9449.html#section-9) */
export function dpopNonces(secret: Uint8Array, now: () => number = Date.now): DpopNonces {
  if (secret.byteLength !== 32) throw new TypeError('the DPoP nonce secret has to have 32 bytes');
  const make = (window: number) =>
    createHmac('sha256', secret)
      .update(`resource server nonce ${window}`)
      .digest()
      .subarray(0, 16)
      .toString('base64url');
  const window = () => Math.floor(now() / 1000 / step);
  return {
    current: () => make(window()),
    valid(nonce) {
      // The next one too: another process's clock may be ahead of ours.
      const accepted = [0, -1, -2, 1].map((offset) => Buffer.from(make(window() + offset)));
      const given = Buffer.from(nonce);
      return accepted.some((buffer) => buffer.length === given.length && timingSafeEqual(buffer, given));
    },
  };
}
