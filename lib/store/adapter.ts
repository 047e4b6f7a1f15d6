import type { Knex } from 'knex';
import { type Adapter, type AdapterPayload, errors, Provider } from 'oidc-provider';

import { kept } from './kept.ts';
import { aliasOf, type Found, type Row, rowId } from './row.ts';
import { Store, type StoreOptions, seconds } from './store.ts';

export type { StoreOptions as KnexAdapterOptions } from './store.ts';

/** What oidc-provider takes as `adapter`, and what else the same rows are good for. */
export interface KnexAdapterFactory {
  (model: string): KnexAdapter;
  /** A value made once for all processes of the database, sealed: keys, cookie keys, secrets. */
  kept<T>(name: string, make: () => T | Promise<T>): Promise<T>;
  readonly store: Store;
}

const tokens = ['AccessToken', 'RefreshToken'];

/** The rows of one model. Single use is decided by the database, and by what oidc-provider read before never. */
export class KnexAdapter implements Adapter {
  readonly #store: Store;
  readonly #model: string;

  constructor(store: Store, model: string) {
    this.#store = store;
    this.#model = model;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    if (this.#model === 'ReplayDetection') {
      if (await this.unique(id, (payload.exp as number | undefined) ?? seconds() + (expiresIn ?? 0))) return;
      // oidc-provider looked before it saved, and another request was faster.
      throw new errors.InvalidRequest('a client assertion or proof must only be used once');
    }
    await this.#store.write([this.#row(id, payload, expiresIn)]);
  }

  /**
   * Whether nobody was here before: one statement, and its row count is the answer.
   * @param id what must be used once, with whatever makes it somebody's own
   * @param expiresAt seconds since the epoch until which it would be accepted again
   */
  async unique(id: string, expiresAt: number): Promise<boolean> {
    const row = {
      id: rowId(this.#model, id),
      model: this.#model,
      payload: null,
      grant_id: null,
      alias: null,
      expires_at: Math.ceil(expiresAt) + this.#store.retentionOf(this.#model),
      consumed_at: 0,
    };
    const [first] = await this.#store.write([row]);
    return first !== undefined;
  }

  /** Expired rows too: oidc-provider judges `exp`, and has to see that an expired one was used. */
  async find(id: string): Promise<AdapterPayload | undefined> {
    const [row] = await this.#store.find([rowId(this.#model, id)]);
    if (!row) return undefined;
    if (this.#model === 'ReplayDetection') return this.#replayed(id, row);
    const payload = this.#open(row);
    if (payload?.consumed && this.#model === 'AuthorizationCode') await this.#revokeExpired(payload);
    return payload;
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#findByAlias('uid', uid);
  }

  findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#findByAlias('userCode', userCode);
  }

  /**
   * oidc-provider checks `consumed` on the copy it loaded before, so two requests can both pass that check. The
   * database decides which one is first; the other is refused, and what the first was given is revoked.
   * @see [RFC 6749 - 4.1.2. Authorization Response](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2)
   */
  async consume(id: string): Promise<void> {
    const row: Row = {
      id: rowId(this.#model, id),
      model: this.#model,
      payload: this.#remains(id),
      grant_id: null,
      alias: null,
      expires_at: 0,
      consumed_at: seconds(),
    };
    const [consumed] = await this.#store.write([row]);
    if (consumed && consumed.expires_at !== 0) return;
    if (this.#model === 'PushedAuthorizationRequest') {
      throw new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used');
    }
    const payload = await this.find(id);
    if (payload?.grantId) await this.#revokeGrant(payload.grantId);
    throw new errors.InvalidGrant(`${this.#model} already consumed`);
  }

  async destroy(id: string): Promise<void> {
    await this.#store.write([{ ...this.#row(id, {}), payload: null, expires_at: 0 }]);
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.#store.revoke(rowId('Grant', grantId), [this.#model]);
  }

  #row(id: string, payload: AdapterPayload, expiresIn?: number): Row {
    const { uid, userCode, grantId } = payload;
    const own = rowId(this.#model, id);
    const alias =
      typeof uid === 'string'
        ? aliasOf(this.#model, 'uid', uid)
        : typeof userCode === 'string'
          ? aliasOf(this.#model, 'userCode', userCode)
          : null;
    return {
      id: own,
      model: this.#model,
      payload: this.#store.seal.seal(JSON.stringify(payload), own),
      grant_id: typeof grantId === 'string' ? rowId('Grant', grantId) : null,
      alias,
      expires_at: this.#store.expiresAt(this.#model, expiresIn),
      consumed_at: null,
    };
  }

  /** Of a pushed request only that it was used: who asked for what is nobody's business any more. */
  #remains(id: string): Buffer | null {
    if (this.#model !== 'PushedAuthorizationRequest') return null;
    return this.#store.seal.seal(JSON.stringify({ kind: this.#model, jti: id }), rowId(this.#model, id));
  }

  #replayed(id: string, { expires_at }: Found): AdapterPayload {
    return { kind: this.#model, jti: id, exp: Number(expires_at) - this.#store.retentionOf(this.#model) };
  }

  #open(row: Found): AdapterPayload | undefined {
    const text = this.#store.open(this.#model, row);
    if (text === undefined) return undefined;
    const payload: AdapterPayload = JSON.parse(text);
    if (row.consumed_at) payload.consumed = row.consumed_at;
    return payload;
  }

  async #findByAlias(member: 'uid' | 'userCode', value: string): Promise<AdapterPayload | undefined> {
    const row = await this.#store.findByAlias(aliasOf(this.#model, member, value));
    const payload = row && this.#open(row);
    if (!payload || payload[member] === value) return payload;
    this.#store.refuse(this.#model, row.id); // the seal does not cover the columns beside it
    return undefined;
  }

  /**
   * Beyond its minute oidc-provider says that a code is expired before it sees that it was used. To its own client
   * only: a code travels through browsers, and is no means for others to end somebody's session.
   */
  async #revokeExpired({ exp, clientId, grantId }: AdapterPayload): Promise<void> {
    if (!grantId || !exp || exp > seconds()) return;
    if (Provider.ctx?.oidc?.client?.clientId === clientId) await this.#revokeGrant(grantId);
  }

  /** With its grant no token is good for anything, also none that the other request is about to save. */
  async #revokeGrant(grantId: string): Promise<void> {
    await Promise.all([
      this.#store.revoke(rowId('Grant', grantId), tokens),
      new KnexAdapter(this.#store, 'Grant').destroy(grantId),
    ]);
  }
}

/**
 * A durable, sealed store for every model of oidc-provider, and for models it does not have yet, in which nothing is
 * spent twice: `new Provider(issuer, { adapter: knexAdapter(knex) })`.
 * @see [FAPI 2.0 Security Profile - 5.3.2.2](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.2)
 */
export function knexAdapter(knex: Knex, options: StoreOptions = {}): KnexAdapterFactory {
  const store = new Store(knex, options);
  if (!store.seal.seals) {
    process.emitWarning('knexAdapter() was given no encryption_keys: rows lie in the clear', 'SecurityWarning');
  }
  return Object.assign((model: string) => new KnexAdapter(store, model), {
    store,
    kept: <T>(name: string, make: () => T | Promise<T>) => kept(store, name, make),
  });
}
