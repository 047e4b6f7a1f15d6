import type { Knex } from 'knex';
import { type Adapter, type AdapterPayload, errors, Provider } from 'oidc-provider';
import { seconds } from '../seconds.ts';
import { kept } from './kept.ts';
import { type Linking, linksOf, withSessionRow } from './links.ts';
import { isBeingDecided, replayRefusal } from './replay.ts';
import { aliasOf, emptied, type Found, type Row, rowId } from './row.ts';
import { Store, type StoreOptions } from './store.ts';
import type { Unit } from './unit.ts';
import { inUnit, requestUnderWay } from './unit_of_work.ts';

export type { StoreOptions as KnexAdapterOptions } from './store.ts';

/** What oidc-provider takes as `adapter`, and what else the same rows are good for. */
export interface KnexAdapterFactory {
  (model: string): KnexAdapter;
  /** A value made once for all processes of the database, sealed: keys, cookie keys, secrets. */
  kept<T>(name: string, make: () => T | Promise<T>): Promise<T>;
  readonly store: Store;
}

/**
 * What nobody learns of before the response has left, so that it may be written with the last statement. Not so what
 * oidc-provider tells others of meanwhile: a request on a device is announced before the client has its answer.
 */
const mayWait = new Set(['Session', 'Grant', 'Interaction', 'AuthorizationCode', 'AccessToken', 'RefreshToken']);

/** Where a decision may wait for the rows that hang on it: they follow at once, and the refusal is oidc-provider's. */
const decidesLater = new Set<string | undefined>(['pushed_authorization_request', 'token']);

const mayDecideLater = () => requestUnderWay() && decidesLater.has(Provider.ctx?.oidc?.route);

/** A guess: the access token then waits for the refresh token, and the decision with it. */
function refreshTokenFollows(model: string): boolean {
  const { client, entities } = Provider.ctx?.oidc ?? {};
  return model === 'AccessToken' && !!entities?.AuthorizationCode && !!client?.grantTypeAllowed('refresh_token');
}

/** The rows of one model. Who is first is decided by the database, never by what oidc-provider read before. */
export class KnexAdapter implements Adapter {
  readonly #store: Store;
  readonly #model: string;

  constructor(store: Store, model: string) {
    this.#store = store;
    this.#model = model;
  }

  upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    if (this.#model === 'ReplayDetection') return this.#upsertUnique(id, payload, expiresIn);
    return inUnit(this.#store, async (unit) => {
      const linking = withSessionRow(unit, payload);
      const row = this.#row(id, linking, expiresIn);
      unit.put(row);
      unit.link(row.id, linksOf(linking));
      if (!mayWait.has(this.#model) || (unit.undecided && !refreshTokenFollows(this.#model))) await unit.flush();
    });
  }

  /**
   * Whether nobody was here before: one statement, and its row count is the answer.
   * @param id what must be used once, with whatever makes it somebody's own
   * @param expiresAt seconds since the epoch until which it would be accepted again
   * @param refusal what to refuse the request with. With it, at a push and at the token endpoint within a
   *   `unitOfWork()`, the answer is `true` at first, and the decision travels with the rows that hang on it.
   */
  unique(id: string, expiresAt: number, refusal?: () => Error): Promise<boolean> {
    const row: Row = {
      ...emptied({ id: rowId(this.#model, id), model: this.#model }),
      expires_at: Math.ceil(expiresAt) + this.#store.retentionOf(this.#model),
      consumed_at: 0,
    };
    return inUnit(this.#store, async (unit) => {
      return refusal && mayDecideLater() ? unit.decideLater(row, refusal) : unit.decide(row);
    });
  }

  /** Expired rows too: oidc-provider judges `exp`, and has to see that an expired one was used. */
  find(id: string): Promise<AdapterPayload | undefined> {
    return inUnit(this.#store, async (unit) => {
      const own = rowId(this.#model, id);
      if (this.#model === 'ReplayDetection') {
        return isBeingDecided() ? undefined : this.#replayed(id, await unit.find(own));
      }
      const payload = await this.#read(unit, own);
      if (payload?.consumed && this.#model === 'AuthorizationCode') await this.#revokeExpired(unit, payload);
      return payload;
    });
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
  consume(id: string): Promise<void> {
    const isPushed = this.#model === 'PushedAuthorizationRequest';
    const row: Row = {
      ...emptied({ id: rowId(this.#model, id), model: this.#model }),
      // Of a pushed request only that it was used is kept: who asked for what is nobody's business any more.
      text: isPushed ? JSON.stringify({ kind: this.#model, jti: id }) : null,
      consumed_at: seconds(),
    };
    return inUnit(this.#store, async (unit) => {
      const refusal = () => this.#used(unit, row.id);
      // With the tokens the code is good for: they are there if and only if it was the first use.
      const isDecided =
        this.#model === 'AuthorizationCode' && mayDecideLater()
          ? unit.decideLater(row, refusal)
          : await unit.decide(row);
      if (!isDecided) throw await refusal();
    });
  }

  destroy(id: string): Promise<void> {
    return inUnit(this.#store, async (unit) => unit.put(emptied({ id: rowId(this.#model, id), model: this.#model })));
  }

  revokeByGrantId(grantId: string): Promise<void> {
    return inUnit(this.#store, (unit) => unit.revoke(rowId('Grant', grantId), [this.#model]));
  }

  /** What to say to whoever was not the first, when what the first was given is revoked. */
  async #used(unit: Unit, id: string): Promise<Error> {
    if (this.#model === 'PushedAuthorizationRequest') {
      return new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used');
    }
    const payload = await this.#read(unit, id);
    if (payload?.grantId) await this.#revokeGrant(unit, payload.grantId);
    return new errors.InvalidGrant(`${this.#model} already consumed`);
  }

  async #upsertUnique(id: string, { exp, iss }: AdapterPayload, expiresIn = 0): Promise<void> {
    const refusal = replayRefusal(id, iss);
    if (!(await this.unique(id, exp ?? seconds() + expiresIn, refusal))) throw refusal();
  }

  #row(id: string, payload: AdapterPayload, expiresIn?: number): Row {
    const { uid, userCode, grantId } = payload;
    const alias = typeof uid === 'string' ? this.#alias('uid', uid) : userCode && this.#alias('userCode', userCode);
    return {
      id: rowId(this.#model, id),
      model: this.#model,
      text: JSON.stringify(payload),
      grant_id: grantId ? rowId('Grant', grantId) : null,
      alias: alias || null,
      expires_at: this.#store.expiresAt(this.#model, expiresIn),
      consumed_at: null,
    };
  }

  #alias(member: 'uid' | 'userCode', value: string): string {
    return aliasOf(this.#model, member, value);
  }

  #replayed(id: string, row: Found | undefined): AdapterPayload | undefined {
    if (!row) return undefined;
    return { kind: this.#model, jti: id, exp: Number(row.expires_at) - this.#store.retentionOf(this.#model) };
  }

  async #read(unit: Unit, id: string): Promise<AdapterPayload | undefined> {
    const written = unit.written(id);
    const row = written ? undefined : await unit.find(id);
    const text = written ? written.text : row && this.#store.open(this.#model, row);
    if (typeof text !== 'string') return undefined;
    const linking: AdapterPayload & Linking = JSON.parse(text);
    this.#learn(unit, id, linking);
    const { session_row, ...payload } = linking;
    return row?.consumed_at ? { ...payload, consumed: row.consumed_at } : payload;
  }

  #learn(unit: Unit, id: string, payload: AdapterPayload & Linking): void {
    const { uid, userCode, session, session_row, sessionUid } = payload;
    unit.link(id, linksOf(payload));
    if (session_row && sessionUid) unit.guess(aliasOf('Session', 'uid', sessionUid), session_row);
    if (uid) unit.name(this.#alias('uid', uid), id);
    if (userCode) unit.name(this.#alias('userCode', userCode), id);
    if (session?.uid && session.cookie) {
      unit.name(aliasOf('Session', 'uid', session.uid), rowId('Session', session.cookie));
    }
  }

  #findByAlias(member: 'uid' | 'userCode', value: string): Promise<AdapterPayload | undefined> {
    return inUnit(this.#store, async (unit) => {
      const alias = this.#alias(member, value);
      const known = unit.named(alias);
      const seen = known ? await this.#read(unit, known) : undefined;
      if (seen?.[member] === value) return seen;
      const row = await unit.findByAlias(alias);
      const payload = row ? await this.#read(unit, row.id) : undefined;
      if (!row || payload?.[member] === value) return payload;
      if (payload) this.#store.refuse(this.#model, row.id); // the seal does not cover the columns beside it
      return undefined;
    });
  }

  /**
   * Beyond its minute oidc-provider says that a code is expired before it sees that it was used. To its own client
   * only: a code travels through browsers, and is no means for others to end somebody's session.
   */
  async #revokeExpired(unit: Unit, { exp, clientId, grantId }: AdapterPayload): Promise<void> {
    if (!grantId || !exp || exp > seconds()) return;
    if (Provider.ctx?.oidc?.client?.clientId === clientId) await this.#revokeGrant(unit, grantId);
  }

  /** With its grant no token is good for anything, also none that the other request is about to save. */
  async #revokeGrant(unit: Unit, grantId: string): Promise<void> {
    const id = rowId('Grant', grantId);
    unit.put(emptied({ id, model: 'Grant' }));
    await Promise.all([unit.flush(), unit.revoke(id, ['AccessToken', 'RefreshToken'])]);
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
