import type { Knex } from 'knex';
import type { Adapter, AdapterPayload } from 'oidc-provider';

/**
 * The adapter that is usually written: one table, one statement a call, the payload as it is, `consume` without a
 * condition. It is here to be compared with, in speed and in the contract; it spends codes twice.
 */
export class NaiveAdapter implements Adapter {
  readonly #knex: Knex;
  readonly #model: string;

  constructor(knex: Knex, model: string) {
    this.#knex = knex;
    this.#model = model;
  }

  static async createTable(knex: Knex): Promise<void> {
    await knex.schema.createTable('naive_payloads', (table) => {
      table.text('id');
      table.text('model');
      table.jsonb('payload').notNullable();
      table.text('grant_id').index();
      table.text('user_code').index();
      table.text('uid').index();
      table.timestamp('expires_at');
      table.timestamp('consumed_at');
      table.primary(['id', 'model']);
    });
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    await this.#rows()
      .insert({
        id,
        model: this.#model,
        payload: JSON.stringify(payload),
        grant_id: payload.grantId,
        user_code: payload.userCode,
        uid: payload.uid,
        expires_at: expiresIn ? new Date(Date.now() + expiresIn * 1000) : null,
      })
      .onConflict(['id', 'model'])
      .merge();
  }

  find(id: string) {
    return this.#first({ id });
  }

  findByUid(uid: string) {
    return this.#first({ uid });
  }

  findByUserCode(user_code: string) {
    return this.#first({ user_code });
  }

  async consume(id: string): Promise<void> {
    await this.#rows().where({ id, model: this.#model }).update({ consumed_at: this.#knex.fn.now() });
  }

  async destroy(id: string): Promise<void> {
    await this.#rows().where({ id, model: this.#model }).delete();
  }

  async revokeByGrantId(grant_id: string): Promise<void> {
    await this.#rows().where({ grant_id, model: this.#model }).delete();
  }

  #rows() {
    return this.#knex('naive_payloads');
  }

  async #first(where: object): Promise<AdapterPayload | undefined> {
    const row = await this.#rows()
      .where({ ...where, model: this.#model })
      .first();
    return row && { ...row.payload, ...(row.consumed_at && { consumed: Math.floor(row.consumed_at / 1000) }) };
  }
}
