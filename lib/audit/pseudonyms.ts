import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

import type { Knex } from 'knex';

import type { Seal } from '../store/seal.ts';

/** A person in the trail: a name nobody can trace without the key, and the key that seals what is recorded about them. */
export interface Pseudonym {
  /** In hexadecimal; goes into the column `account`. */
  readonly name: string;
  /** Absent when it was destroyed: then nothing about the person can be sealed or opened. */
  readonly key: Buffer | undefined;
}

export interface PseudonymsOptions {
  readonly knex: Knex;
  /** Name of the table, quoted, with its schema. */
  readonly table: string;
  readonly seal: Seal;
  /** 32 bytes that all processes share. Without them, the table does not tell which person a row belongs to. */
  readonly secret: Buffer;
}

/** People whose keys are remembered in this process. */
const remembered = 10_000;
/** Milliseconds for which a key is used without asking whether it was destroyed. */
const fresh = 2_000;

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/**
 * The keys of pseudonyms, one for each person, kept sealed. When a key is destroyed, nobody can trace the pseudonym to
 * the person or read what was sealed for them; the hashes of the trail still verify.
 */
export class Pseudonyms {
  readonly #options: PseudonymsOptions;
  readonly #known = new Map<string, { readonly at: number; readonly pseudonym: Promise<Pseudonym> }>();

  constructor(options: PseudonymsOptions) {
    this.#options = options;
  }

  /** The same keys in a transaction. Nothing of it is remembered, since it may be rolled back. */
  within(knex: Knex): Pseudonyms {
    return new Pseudonyms({ ...this.#options, knex });
  }

  /** Forgets a key that was remembered, so that the table is asked for it again. */
  forget(account: string): void {
    this.#known.delete(account);
  }

  /** The pseudonym of an account, whose key is made the first time it is asked for. */
  of(account: string): Promise<Pseudonym> {
    const known = this.#known.get(account);
    if (known && known.at > Date.now() - fresh) return known.pseudonym;
    const pseudonym = this.#load(account);
    this.#known.delete(account);
    this.#known.set(account, { at: Date.now(), pseudonym });
    pseudonym.catch(() => this.#known.delete(account));
    const [oldest] = this.#known.keys();
    if (this.#known.size > remembered && oldest !== undefined) this.#known.delete(oldest);
    return pseudonym;
  }

  /** The pseudonym of an account that has one already. */
  async find(account: string): Promise<Pseudonym | undefined> {
    const { knex, table } = this.#options;
    const { rows } = await knex.raw(`select key from ${table} where id = ?`, [this.#id(account)]);
    return rows[0] && this.#opened(account, rows[0].key);
  }

  /**
   * Destroys the key of an account's pseudonym.
   *
   * @returns true when there was one
   */
  async destroy(account: string): Promise<boolean> {
    const { knex, table } = this.#options;
    const { rows } = await knex.raw(
      `update ${table} set key = null, destroyed_at = ? where id = ? and key is not null returning id`,
      [Date.now(), this.#id(account)],
    );
    this.#known.delete(account);
    return rows.length > 0;
  }

  /** Every key there is, by pseudonym: for reading the trail. */
  async all(): Promise<Map<string, Buffer>> {
    const { knex, table, seal } = this.#options;
    const { rows } = await knex.raw(`select id, key from ${table} where key is not null`);
    const keys = new Map<string, Buffer>();
    for (const { id, key } of rows as { id: Uint8Array; key: Uint8Array }[]) {
      const text = seal.open(Buffer.from(key), Buffer.from(id));
      if (text) keys.set(nameOf(Buffer.from(text, 'hex')), Buffer.from(text, 'hex'));
    }
    return keys;
  }

  #id(account: string): Buffer {
    return hmac(this.#options.secret, `account ${account}`);
  }

  async #load(account: string): Promise<Pseudonym> {
    const { knex, table, seal } = this.#options;
    const id = this.#id(account);
    // One of two processes that meet sees neither the other's row nor its own: it looks again.
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const { rows } = await knex.raw(
        `with made as (insert into ${table} (id, key, made_at) values (?, ?, ?) on conflict (id) do nothing returning key)
          select key from made union all select key from ${table} where id = ?`,
        [id, seal.seal(randomBytes(32).toString('hex'), id), Date.now(), id],
      );
      if (rows[0]) return this.#opened(account, rows[0].key);
    }
    throw new Error('the key of a pseudonym could not be made');
  }

  #opened(account: string, sealed: Uint8Array | null): Pseudonym {
    const id = this.#id(account);
    const text = sealed && this.#options.seal.open(Buffer.from(sealed), id);
    if (!text) return { name: hmac(id, 'destroyed').toString('hex'), key: undefined };
    const key = Buffer.from(text, 'hex');
    return { name: nameOf(key), key };
  }
}

const nameOf = (key: Buffer) => hmac(key, 'pseudonym').toString('hex');

const recordKey = (key: Buffer) => Buffer.from(hkdfSync('sha256', key, '', 'audit record', 32));

/** Seals what is recorded about a person. @returns a random nonce, the tag and the text, in hexadecimal */
export function sealRecord(key: Buffer, text: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', recordKey(key), nonce);
  const sealed = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('hex');
}

/** Opens what was sealed with the person's key; `undefined` where it was sealed with another key. */
export function openRecord(key: Buffer, record: string): string | undefined {
  const bytes = Buffer.from(record, 'hex');
  try {
    const decipher = createDecipheriv('aes-256-gcm', recordKey(key), bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}
