import { hkdfSync, timingSafeEqual } from 'node:crypto';

const step = 60;

/** Server-provided nonces without a store: every process with the secret makes and takes the same ones. */
export interface DpopNonces {
  readonly current: () => string;
  readonly valid: (nonce: string) => boolean;
}

/**
 * Makes and checks the nonces that core makes of the same secret. A client keeps one nonce for an origin: where a
 * resource on the origin of the authorization server had nonces of its own, each would refuse the other's.
 *
 * @param secret 32 bytes, the same in every process: `features.dPoP.nonceSecret` of the provider.
 * @param now milliseconds since the epoch.
 * @throws {TypeError} when the secret has not 32 bytes.
 * @example
 * const nonces = dpopNonces((await store.keys()).dpopNonce);
 * @see [RFC 9449 section 9 - Resource Server-Provided Nonce](https://www.rfc-editor.org/rfc/rfc9449.html#section-9)
 */
export function dpopNonces(secret: Uint8Array, now: () => number = () => Date.now()): DpopNonces {
  if (secret.byteLength !== 32) throw new TypeError('the DPoP nonce secret has to have 32 bytes');
  const made = new Map<number, string>();
  const compute = (window: number) => {
    const salt = Buffer.alloc(8);
    salt.writeUInt32BE(window, 4);
    return Buffer.from(hkdfSync('sha256', secret, salt, 'DPoP', 32)).toString('base64url');
  };
  const make = (window: number) => {
    const known = made.get(window) ?? compute(window);
    // Five are in use at a time; a clock that jumps leaves others behind.
    if (made.size > 16) made.clear();
    made.set(window, known);
    return known;
  };
  const window = () => Math.floor(now() / 1000 / step);
  return {
    current: () => make(window() + 1),
    valid(nonce) {
      // Later ones too: they are given out ahead of time, and another process's clock may be ahead of ours.
      const accepted = [0, 1, -1, 2, -2].map((offset) => Buffer.from(make(window() + offset)));
      const given = Buffer.from(nonce);
      return accepted.some((buffer) => buffer.length === given.length && timingSafeEqual(buffer, given));
    },
  };
}
