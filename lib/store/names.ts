import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/**
 * Names at rest: aliases, accounts and clients as they stand in the columns that rows are found by. They are hashed
 * under a key: a plain hash of a login would tell a reader of the table who is a customer, as logins can be guessed.
 * The key follows from an encryption key. When that changes, a name is looked for under every key there is, and
 * `reseal` writes it anew under the first.
 */
export class Names {
  readonly #keys: readonly KeyObject[];

  /** @param secrets encryption keys, 32 bytes each, the first of them current; none leaves names as they are. */
  constructor(secrets: readonly Buffer[]) {
    this.#keys = secrets.map((secret) =>
      createSecretKey(createHmac('sha256', secret).update('names at rest').digest()),
    );
  }

  /** @param name a hash, in hexadecimal; so is the answer. */
  of(name: string): string {
    return this.#keys[0] ? keyed(this.#keys[0], name) : name;
  }

  /** Every way the name may stand in the table: under each key, and without one as before there were any. */
  every(name: string): string[] {
    return [...this.#keys.map((key) => keyed(key, name)), name];
  }
}

function keyed(key: KeyObject, name: string): string {
  return createHmac('sha256', key).update(name, 'hex').digest('hex');
}
