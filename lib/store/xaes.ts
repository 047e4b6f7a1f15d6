import { type Cipheriv, createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';

export const NONCE_BYTES = 24;
export const TAG_BYTES = 16;

const GCM = 'aes-256-gcm';

/**
 * XAES-256-GCM under one key: AES-256-GCM under a key derived for each nonce, of which 192 bits may be random. Two of
 * 2^80 messages share one with a probability of 2^-32.
 * @see [C2SP - XAES-256-GCM](https://c2sp.org/XAES-256-GCM)
 */
export class Xaes {
  /** AES-256 of single blocks. A stream of ECB without padding keeps no state, and costs a tenth of a new one. */
  readonly #aes: Cipheriv;
  /** The two blocks that become a derived key, but for the nonce: the counter and label of SP 800-108, masked as CMAC does. */
  readonly #blocks: Buffer;

  /**
   * Takes a key.
   *
   * @param key 32 bytes
   */
  constructor(key: Buffer) {
    this.#aes = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
    const mask = doubled(this.#aes.update(Buffer.alloc(16)));
    const block = (counter: number) => mask.map((byte, at) => byte ^ ([0, counter, 0x58, 0][at] ?? 0));
    this.#blocks = Buffer.concat([block(1), block(2)]);
  }

  /**
   * Encrypts a text.
   *
   * @returns the ciphertext and the tag, to be written one after the other
   */
  seal(nonce: Buffer, plaintext: Buffer, aad: Buffer): [Buffer, Buffer] {
    const options = { authTagLength: TAG_BYTES };
    const cipher = createCipheriv(GCM, this.#derived(nonce), nonce.subarray(12), options).setAAD(aad);
    const sealed = cipher.update(plaintext);
    cipher.final();
    return [sealed, cipher.getAuthTag()];
  }

  /**
   * Decrypts a text.
   *
   * @throws {Error} when it was not sealed under this key, nonce and associated data
   */
  open(nonce: Buffer, sealed: Buffer, aad: Buffer): string {
    return openGcm(this.#derived(nonce), nonce.subarray(12), sealed, aad);
  }

  #derived(nonce: Buffer): KeyObject {
    const blocks = Buffer.from(this.#blocks);
    for (let at = 0; at < 12; at += 1) {
      const byte = nonce[at] as number;
      blocks[at + 4] = (blocks[at + 4] as number) ^ byte;
      blocks[at + 20] = (blocks[at + 20] as number) ^ byte;
    }
    return createSecretKey(this.#aes.update(blocks));
  }
}

/** Opens AES-256-GCM with the tag at the end. */
export function openGcm(key: KeyObject, nonce: Buffer, sealed: Buffer, aad: Buffer): string {
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(GCM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad).setAuthTag(sealed.subarray(end));
  const text = decipher.update(sealed.subarray(0, end), undefined, 'utf8');
  return text + decipher.final('utf8');
}

/** A block doubled in the field of CMAC: shifted by one bit, and reduced where a bit fell out. */
function doubled(block: Buffer): Buffer {
  const shifted = block.map((byte, at) => ((byte << 1) | ((block[at + 1] ?? 0) >> 7)) & 0xff);
  if ((block[0] as number) & 0x80) shifted[15] = (shifted[15] as number) ^ 0x87;
  return Buffer.from(shifted);
}
