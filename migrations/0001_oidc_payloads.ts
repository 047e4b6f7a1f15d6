import type { Knex } from 'knex';

/** The first there is. */
export const oldest = '0001_oidc_payloads';

/**
 * One table for every model: no sequence, no foreign key, no trigger, and a primary key that is a hash, so that the
 * table may be spread over several database servers by it.
 */
export async function up(knex: Knex, schema?: string): Promise<void> {
  const table = knex.ref('oidc_payloads').withSchema(schema as string);
  await knex.schema.withSchema(schema as string).createTable('oidc_payloads', (t) => {
    t.binary('id').primary();
    t.text('model').notNullable();
    t.binary('payload');
    t.binary('grant_id');
    t.binary('alias');
    t.bigInteger('expires_at');
    t.bigInteger('consumed_at');
    t.index(['grant_id'], 'oidc_payloads_grant_id', { predicate: knex.whereNotNull('grant_id') });
    t.index(['alias'], 'oidc_payloads_alias', { predicate: knex.whereNotNull('alias') });
    t.index(['expires_at'], 'oidc_payloads_expires_at', { predicate: knex.whereNotNull('expires_at') });
  });
  // What is sealed does not compress; trying costs processor time on every write.
  await knex.raw('alter table ?? alter column payload set storage external', [table]);
  // Room in each page keeps the update that consumes a row out of the indexes. Most rows live for minutes, so vacuum
  // has to come by often, and little at a time.
  await knex.raw(
    `alter table ?? set (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
      autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.05)`,
    [table],
  );
}

export async function down(knex: Knex, schema?: string): Promise<void> {
  await knex.schema.withSchema(schema as string).dropTable('oidc_payloads');
}
