import { createCipheriv, createDecipheriv, createSecretKey, hash, type KeyObject, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PREFIX_BYTES = 8;
const HEADER_BYTES = KEY_ID_BYTES + NONCE_BYTES;
const CLEAR = Buffer.alloc(KEY_ID_BYTES);

/** 32 random bytes, or their base64, base64url or hexadecimal spelling (`openssl rand -base64 32`). */
export type EncryptionKey = string | Uint8Array;

interface SealingKey {
  readonly id: Buffer;
  readonly key: KeyObject;
}

function sealingKey(secret: EncryptionKey, index: number): SealingKey {
  const encoding = typeof secret === 'string' && /^[0-9a-f]{64}$/i.test(secret) ? 'hex' : 'base64';
  const bytes = typeof secret === 'string' ? Buffer.from(secret, encoding) : Buffer.from(secret);
  if (bytes.length !== 32) {
    throw new TypeError(`encryption_keys[${index}] must be 32 bytes: write what \`openssl rand -base64 32\` prints`);
  }
  const id = hash('sha256', Buffer.concat([Buffer.from('key id\0'), bytes]), 'buffer').subarray(0, KEY_ID_BYTES);
  return { id: Buffer.from(id), key: createSecretKey(bytes) };
}

/**
 * Seals what a row says and opens it again: AES-256-GCM, the row's own id (the hash of model and id) as associated
 * data, so that a row can be neither read nor edited nor moved to another row's place.
 */
export class Seal {
  readonly #keys: readonly SealingKey[];
  // A repeated nonce breaks GCM. 64 random bits, made anew at each start and each 2^32 rows, before a counter: many
  // starts of many processes may share a key. A random nonce for each row would cost 17 times as much.
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #counter = 0xffff_ffff;

  /** @param secrets the first one seals, all of them open; none leaves rows in the clear. */
  constructor(secrets: readonly EncryptionKey[] = []) {
    this.#keys = secrets.map(sealingKey);
    const ids = new Set(this.#keys.map(({ id }) => id.toString('hex')));
    if (ids.size !== secrets.length) throw new TypeError('encryption_keys must differ from one another');
    this.#keys[0]?.id.copy(this.#header);
  }

  get seals(): boolean {
    return this.#keys.length > 0;
  }

  seal(text: string, id: Buffer): Buffer {
    const first = this.#keys[0];
    if (!first) return Buffer.concat([CLEAR, Buffer.from(text)]);
    if (this.#counter === 0xffff_ffff) {
      randomBytes(PREFIX_BYTES).copy(this.#header, KEY_ID_BYTES);
      this.#counter = 0;
    } else {
      this.#counter += 1;
    }
    this.#header.writeUInt32BE(this.#counter, KEY_ID_BYTES + PREFIX_BYTES);
    const nonce = this.#header.subarray(KEY_ID_BYTES);
    const cipher = createCipheriv(ALGORITHM, first.key, nonce, { authTagLength: TAG_BYTES }).setAAD(id);
    const sealed = cipher.update(text, 'utf8');
    cipher.final();
    return Buffer.concat([this.#header, sealed, cipher.getAuthTag()]);
  }

  /** What was sealed under this id, or `undefined` when the bytes are not what this store wrote there. */
  open(sealed: Buffer, id: Buffer): string | undefined {
    // With keys, a row in the clear is a forged one.
    if (!this.seals) return Seal.clear(sealed);
    const keyId = sealed.subarray(0, KEY_ID_BYTES);
    const key = this.#keys.find((candidate) => candidate.id.equals(keyId))?.key;
    if (!key || sealed.length < HEADER_BYTES + TAG_BYTES) return undefined;
    const nonce = sealed.subarray(KEY_ID_BYTES, HEADER_BYTES);
    const end = sealed.length - TAG_BYTES;
    try {
      const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(id).setAuthTag(sealed.subarray(end));
      const text = decipher.update(sealed.subarray(HEADER_BYTES, end), undefined, 'utf8');
      return text + decipher.final('utf8');
    } catch {
      return undefined;
    }
  }

  /** What a row in the clear says, whoever wrote it. */
  static clear(payload: Buffer): string | undefined {
    return payload.subarray(0, KEY_ID_BYTES).equals(CLEAR) ? payload.toString('utf8', KEY_ID_BYTES) : undefined;
  }

  /** Whether the row is sealed by the key that seals now. */
  current(sealed: Buffer): boolean {
    return sealed.subarray(0, KEY_ID_BYTES).equals(this.#keys[0]?.id ?? CLEAR);
  }
}
