import { type Adapter, type AdapterPayload, errors, Provider } from 'oidc-provider';

import { seconds } from '../seconds.ts';
import { flowOf } from './flow.ts';
import { foundBy } from './found_by.ts';
import { exchanged, type Model, modelOf } from './models.ts';
import { isBeingDecided, replayRefusal } from './replay_refusal.ts';
import { aliasOf, destroyed, emptied, type Found, type Row, rowId, type Sealed } from './row.ts';
import type { Store } from './store.ts';
import type { Unit } from './unit.ts';
import { inUnit, requestUnderWay } from './unit_of_work.ts';

/** Core's adapter for the rows of one model. The database decides who is first, never what core read before. */
export class KnexAdapter implements Adapter {
  readonly #store: Store;
  readonly #model: string;
  readonly #is: Model;

  constructor(store: Store, model: string) {
    this.#store = store;
    this.#model = model;
    this.#is = modelOf(model);
  }

  upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    if (this.#is.spent === 'jti') return this.#upsertUnique(id, payload, expiresIn);
    return inUnit(this.#store, async (unit) => {
      const own = rowId(this.#model, id);
      const { hint, isFollowed } = unit.foresight.learn(this.#model, own, payload);
      unit.flow ??= flowOf(this.#model, own, payload);
      const { flow } = this.#is.ofGrant ? unit : {};
      const sealed = { ...payload, ...(hint && { session_row: hint }), ...(flow && { flow }) };
      unit.put(this.#row(own, sealed, expiresIn));
      // A decision that was put off leaves with the last of the rows that hang on it, so that the refusal is core's.
      if (!this.#is.waits || (unit.isUndecided && !isFollowed)) await unit.flush();
    });
  }

  /**
   * Answers true when nobody was here before: one statement, and its row count is the answer.
   * @param id what must be used once, with whatever makes it somebody's own
   * @param expiresAt seconds since the epoch until which it would be accepted again
   * @param refusal what to refuse the request with. With it, at a push and at the token endpoint within a
   *   `unitOfWork()`, the answer is `true` at first, and the decision travels with the rows that hang on it.
   * @see [FAPI2-SP-FINAL-6.2](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-6.2)
   * @see [RFC7523-3-7](https://www.rfc-editor.org/rfc/rfc7523.html#section-3)
   */
  unique(id: string, expiresAt: number, refusal?: () => Error): Promise<boolean> {
    const row: Row = {
      ...emptied({ id: rowId(this.#model, id), model: this.#model }),
      expires_at: Math.ceil(expiresAt) + this.#store.retentionOf(this.#model),
      consumed_at: 0,
    };
    return inUnit(this.#store, async (unit) => {
      return refusal && this.#mayDecideLater() ? unit.decideLater(row, refusal) : unit.decide(row);
    });
  }

  /** Finds a row, also an expired one: core judges `exp`, and has to see that an expired one was spent. */
  find(id: string): Promise<AdapterPayload | undefined> {
    return inUnit(this.#store, async (unit) => {
      const own = rowId(this.#model, id);
      if (this.#is.spent === 'jti') {
        return isBeingDecided() ? undefined : this.#replayed(id, await unit.find(own));
      }
      const payload = await this.#read(unit, own);
      // Kept by an administrator, and nobody's until it is enabled.
      if (this.#model === 'Client' && payload?.disabled_at !== undefined) return undefined;
      if (payload?.consumed && this.#is.spent === 'code') await this.#revokeExpired(unit, payload);
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
   * Spends a row. Core checks `consumed` on the copy it loaded before, so two requests can both pass that check. The
   * database decides which one is first; the other is refused, and what the first was given is revoked.
   *
   * @throws {InvalidGrant} when another request was first.
   * @see [FAPI2-SP-FINAL-5.3.2.2-9](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.2)
   * @see [RFC6749-4.1.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2)
   */
  consume(id: string): Promise<void> {
    const row: Row = {
      ...emptied({ id: rowId(this.#model, id), model: this.#model }),
      // Of a request only that it was spent is kept: who asked for what is nobody's business any more.
      text: this.#is.spent === 'request' ? JSON.stringify({ kind: this.#model, jti: id }) : null,
      consumed_at: seconds(),
    };
    return inUnit(this.#store, async (unit) => {
      const refusal = () => this.#used(unit, row.id);
      // With the tokens the code is good for: they are there if and only if it was the first use.
      const isDecided = this.#mayDecideLater() ? unit.decideLater(row, refusal) : await unit.decide(row);
      if (!isDecided) throw await refusal();
    });
  }

  destroy(id: string): Promise<void> {
    return inUnit(this.#store, async (unit) => {
      const row = { id: rowId(this.#model, id), model: this.#model };
      if (this.#is.returns) unit.put(emptied(row));
      else if (this.#is.renewed) unit.end(row, await this.#uidAlias(unit, id));
      else unit.put(destroyed(row));
    });
  }

  revokeByGrantId(grantId: string): Promise<void> {
    return inUnit(this.#store, (unit) => unit.revoke(rowId('Grant', grantId), [this.#model]));
  }

  /** The alias that a session keeps when its id changes. */
  async #uidAlias(unit: Unit, id: string): Promise<string | undefined> {
    const session = Provider.ctx?.oidc?.session;
    const uid = session?.jti === id ? session.uid : (await this.#read(unit, rowId(this.#model, id)))?.uid;
    return uid && aliasOf(this.#model, 'uid', uid);
  }

  /**
   * True where the decision may travel with the rows that hang on it: within a unit of work, at a route that the table
   * of models names.
   */
  #mayDecideLater(): boolean {
    return requestUnderWay() !== undefined && this.#is.decidesLater.includes(Provider.ctx?.oidc?.route ?? '');
  }

  /** Revokes what the first one got; answers the refusal for the one who was not the first. */
  async #used(unit: Unit, id: string): Promise<Error> {
    if (this.#is.spent === 'request') {
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

  #row(id: string, payload: Sealed, expiresIn?: number): Row {
    const { grantId } = payload;
    return {
      id,
      model: this.#model,
      text: JSON.stringify(payload),
      grant_id: grantId ? rowId('Grant', grantId) : null,
      ...foundBy(this.#model, payload),
      expires_at: this.#store.expiresAt(this.#model, expiresIn),
      consumed_at: null,
    };
  }

  #replayed(id: string, row: Found | undefined): AdapterPayload | undefined {
    return row && { kind: this.#model, jti: id, exp: Number(row.expires_at) - this.#store.retentionOf(this.#model) };
  }

  async #read(unit: Unit, id: string): Promise<AdapterPayload | undefined> {
    const written = unit.written(id);
    const row = written ? undefined : await unit.find(id);
    const text = written ? written.text : row && this.#store.open(this.#model, row);
    if (typeof text !== 'string') return undefined;
    const { session_row, flow, ...payload }: Sealed = JSON.parse(text);
    unit.flow ??= flow ?? flowOf(this.#model, id, payload);
    unit.foresight.learn(this.#model, id, payload, session_row);
    return row?.consumed_at ? { ...payload, consumed: row.consumed_at } : payload;
  }

  #findByAlias(member: 'uid' | 'userCode', value: string): Promise<AdapterPayload | undefined> {
    return inUnit(this.#store, async (unit) => {
      const alias = aliasOf(this.#model, member, value);
      const [known] = unit.foresight.guess({ alias });
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
   * Revokes what an expired code got, when it is used again: core says that it is expired before it sees that it was
   * spent. Only its own client can have it revoked: a code travels through browsers, and others could end somebody's
   * session with it.
   */
  async #revokeExpired(unit: Unit, { exp, clientId, grantId }: AdapterPayload): Promise<void> {
    if (!grantId || !exp || exp > seconds()) return;
    if (Provider.ctx?.oidc?.client?.clientId === clientId) await this.#revokeGrant(unit, grantId);
  }

  /** Destroys a grant. Without it no token is good for anything, also none that the other request is about to save. */
  async #revokeGrant(unit: Unit, grantId: string): Promise<void> {
    const id = rowId('Grant', grantId);
    unit.put(destroyed({ id, model: 'Grant' }));
    await Promise.all([unit.flush(), unit.revoke(id, exchanged)]);
  }
}
