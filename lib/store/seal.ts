import { createSecretKey, hash, type KeyObject, randomFillSync } from 'node:crypto';

import { Names } from './names.ts';
import { NONCE_BYTES, openGcm, TAG_BYTES, Xaes } from './xaes.ts';

const KEY_ID_BYTES = 4;
const HEADER_BYTES = KEY_ID_BYTES + NONCE_BYTES;
const CLEAR = Buffer.alloc(KEY_ID_BYTES);
/** Bytes of a nonce in rows of the first version, which are sealed by AES-256-GCM under the key itself. */
const OLD_NONCE_BYTES = 12;
/** Random bytes drawn at once, 32 for each row. */
const RANDOM = 32 * 64;

/** A key, random bytes and the row's id, 32 bytes each, go into the nonce before the text. */
const NONCE_INPUT = 96;

/** 32 random bytes, or their base64, base64url or hexadecimal spelling (`openssl rand -base64 32`). */
export type EncryptionKey = string | Uint8Array;

interface SealingKey {
  readonly id: Buffer;
  readonly xaes: Xaes;
  /** The key of the hash that nonces are made of; see `Seal`. */
  readonly nonceKey: Buffer;
  readonly old: { readonly id: Buffer; readonly key: KeyObject };
}

const derived = (label: string, key: Buffer) =>
  hash('sha256', Buffer.concat([Buffer.from(`${label}\0`), key]), 'buffer');

function sealingKey(secret: EncryptionKey, index: number): SealingKey {
  const encoding = typeof secret === 'string' && /^[0-9a-f]{64}$/i.test(secret) ? 'hex' : 'base64';
  // A variable of the environment that is not set, for example.
  const bytes = typeof secret === 'string' ? Buffer.from(secret, encoding) : Buffer.from(secret ?? []);
  if (bytes.length !== 32) {
    throw new TypeError(`encryption_keys[${index}] must be 32 bytes: write what \`openssl rand -base64 32\` prints`);
  }
  const id = (label: string) => derived(label, bytes).subarray(0, KEY_ID_BYTES);
  return {
    id: id('XAES-256-GCM key id'),
    xaes: new Xaes(bytes),
    nonceKey: derived('XAES-256-GCM nonce', bytes),
    old: { id: id('key id'), key: createSecretKey(bytes) },
  };
}

/**
 * Seals what a row says and opens it again: XAES-256-GCM, the row's own id (the hash of model and id) as associated
 * data, so that what a row says can be neither read nor forged nor moved to another row's place. Whoever writes the
 * table can still put back what the row said before.
 *
 * A repeated nonce breaks GCM. This one is 192 bits of a keyed hash of 32 random bytes, the row's id and its text: any
 * number of processes may seal any number of rows, and a virtual machine that is resumed twice from one image, and then
 * draws the same random bytes twice, repeats a nonce only for the same text in the same row.
 */
export class Seal {
  /** Names that rows are found by, under keys that follow from these. */
  readonly names: Names;
  readonly #keys: readonly SealingKey[];
  readonly #random = Buffer.allocUnsafeSlow(RANDOM);
  #drawn = RANDOM;

  /** @param secrets the first one seals, all of them open; none leaves rows in the clear. */
  constructor(secrets: readonly EncryptionKey[] = []) {
    if (!Array.isArray(secrets)) throw new TypeError('encryption_keys must be a list, the current one first');
    this.#keys = secrets.map(sealingKey);
    this.names = new Names(this.#keys.map(({ old }) => old.key.export()));
    const ids = new Set(this.#keys.map(({ id }) => id.toString('hex')));
    if (ids.size !== secrets.length) throw new TypeError('encryption_keys must differ from one another');
  }

  get seals(): boolean {
    return this.#keys.length > 0;
  }

  seal(text: string, id: Buffer): Buffer {
    const first = this.#keys[0];
    if (!first) return Buffer.concat([CLEAR, Buffer.from(text)]);
    // The text is laid out once, behind all that goes into the nonce with it.
    const laidOut = Buffer.allocUnsafe(NONCE_INPUT + Buffer.byteLength(text));
    first.nonceKey.copy(laidOut);
    this.#draw(laidOut, 32);
    id.copy(laidOut, 64);
    laidOut.write(text, NONCE_INPUT);
    const nonce = hash('sha256', laidOut, 'buffer').subarray(0, NONCE_BYTES);
    return Buffer.concat([first.id, nonce, ...first.xaes.seal(nonce, laidOut.subarray(NONCE_INPUT), id)]);
  }

  /** Answers the text that was sealed under this id, or `undefined` when the bytes are not what this store wrote there. */
  open(sealed: Buffer, id: Buffer): string | undefined {
    // With keys, a row in the clear is a forged one.
    if (!this.seals) return Seal.clear(sealed);
    const keyId = sealed.subarray(0, KEY_ID_BYTES);
    try {
      for (const { id: own, xaes, old } of this.#keys) {
        if (own.equals(keyId) && sealed.length >= HEADER_BYTES + TAG_BYTES) {
          return xaes.open(sealed.subarray(KEY_ID_BYTES, HEADER_BYTES), sealed.subarray(HEADER_BYTES), id);
        }
        if (old.id.equals(keyId) && sealed.length >= KEY_ID_BYTES + OLD_NONCE_BYTES + TAG_BYTES) {
          const end = KEY_ID_BYTES + OLD_NONCE_BYTES;
          return openGcm(old.key, sealed.subarray(KEY_ID_BYTES, end), sealed.subarray(end), id);
        }
      }
      return undefined;
    } catch {
      return undefined;
    }
  }

  /** Answers the text of a row in the clear, whoever wrote it. */
  static clear(payload: Buffer): string | undefined {
    return payload.subarray(0, KEY_ID_BYTES).equals(CLEAR) ? payload.toString('utf8', KEY_ID_BYTES) : undefined;
  }

  /** True when the row is sealed by the key that seals now, and as rows are sealed now. */
  current(sealed: Buffer): boolean {
    return sealed.subarray(0, KEY_ID_BYTES).equals(this.#keys[0]?.id ?? CLEAR);
  }

  #draw(into: Buffer, at: number): void {
    if (this.#drawn === RANDOM) {
      randomFillSync(this.#random);
      this.#drawn = 0;
    }
    this.#random.copy(into, at, this.#drawn, this.#drawn + 32);
    this.#drawn += 32;
  }
}
