import type { Knex } from 'knex';

/** A version that knows this migration, or a later one, runs on what it leaves: it only adds. */
export const oldest = '0001_oidc_payloads';

/**
 * Everything that operating a server needs, at once, so that databases are migrated once:
 *
 * - `oidc_payloads.account`, `.client`: keyed hashes on rows of grants, sessions, clients and accounts, by which what
 *   a person or a client holds is listed and revoked. An index of the rows that are kept for good lists the registries.
 * - `oidc_audit`: the trail, appended to and never changed, by month or quarter as partitions are made.
 * - `oidc_pseudonyms`: the key of each person's pseudonym in the trail. Without it the pseudonym is anybody's.
 * - `oidc_nodes`: the processes that serve, each with its heartbeat.
 * - `oidc_limits`: counts of rate-limiter-flexible, in the columns its `RateLimiterPostgres` makes.
 * - `oidc_settings`: what there is one of in a database: its issuer, the oldest version that runs on it, and who does
 *   what only one process does.
 */
export async function up(knex: Knex, schema?: string): Promise<void> {
  const named = (table: string) => knex.ref(table).withSchema(schema as string);
  await holders(knex, schema);
  await knex.raw(auditTable, [named('oidc_audit')]);
  await knex.raw('create table ?? partition of ?? default', [named('oidc_audit_default'), named('oidc_audit')]);
  for (const index of auditIndexes) await knex.raw(index, [named('oidc_audit')]);
  for (const [table, columns] of Object.entries(small)) {
    await knex.raw(`create table ?? (${columns}) with (fillfactor = 70)`, [named(table)]);
  }
}

async function holders(knex: Knex, schema?: string): Promise<void> {
  await knex.schema.withSchema(schema as string).alterTable('oidc_payloads', (t) => {
    t.binary('account');
    t.binary('client');
    t.index(['account'], 'oidc_payloads_account', { predicate: knex.whereNotNull('account') });
    t.index(['client'], 'oidc_payloads_client', { predicate: knex.whereNotNull('client') });
    t.index(['model', 'id'], 'oidc_payloads_for_good', { predicate: knex.whereNull('expires_at') });
  });
}

/**
 * `at`: milliseconds since the epoch. `node`: the process, as in `oidc_nodes`. `chain`, `seq`: the place in a chain of
 * hashes; a process has one for each statement it may have under way, and begins another where it does not know
 * whether its last statement was done. `hash`: of the row before it in its chain and of every other column of this
 * one as it is stored, so what is sealed by a person's key may become unreadable and the chain still verifies. A
 * checkpoint is a row as well, its `record` the signature. `account`: a pseudonym; `grant_id`: as in `oidc_payloads`.
 */
const auditTable = `create table ?? (
  at bigint not null,
  node text not null,
  chain text not null,
  seq bigint not null,
  event text not null,
  clause text,
  flow text,
  client text,
  account bytea,
  grant_id bytea,
  interaction_id text,
  address text,
  record bytea,
  hash bytea not null,
  primary key (chain, seq, at)
) partition by range (at)`;

/** Rows arrive in the order of time, for which a summary of each range of pages will do. */
const auditIndexes = [
  'create index oidc_audit_at on ?? using brin (at) with (autosummarize = on)',
  'create index oidc_audit_client on ?? (client, at) where client is not null',
  'create index oidc_audit_account on ?? (account, at) where account is not null',
  'create index oidc_audit_grant_id on ?? (grant_id) where grant_id is not null',
  'create index oidc_audit_flow on ?? (flow) where flow is not null',
];

/** Times are milliseconds since the epoch. */
const small = {
  // `id`: a keyed hash of the account. `key`: sealed; null when it was destroyed.
  oidc_pseudonyms: 'id bytea primary key, key bytea, made_at bigint not null, destroyed_at bigint',
  // `configuration`: a fingerprint. `keys`: ids of signing, cookie and encryption keys, as JSON. `clock_offset`: of
  // the process's clock to the database's, in milliseconds. `chains`: where its chains end, as JSON, so that a chain
  // that was cut short shows. `details`: whatever else a version has to say, as JSON.
  oidc_nodes: `node text primary key, host text not null, version text not null, started_at bigint not null,
    seen_at bigint not null, configuration text not null, keys text not null, clock_offset bigint, chains text,
    details text`,
  oidc_limits: 'key varchar(255) primary key, points integer not null default 0, expire bigint',
  // `version`: grows with each change, for an update that decides who was first. `sealed`: a value that is a secret.
  // `holder`, `held_until`: the process that does what this row is named after, until then.
  oidc_settings: `name text primary key, value text, sealed bytea, version bigint not null default 1,
    changed_at bigint not null, holder text, held_until bigint`,
} as const;

export async function down(knex: Knex, schema?: string): Promise<void> {
  const tables = ['oidc_audit', ...Object.keys(small)];
  for (const table of tables) await knex.schema.withSchema(schema as string).dropTable(table);
  await knex.schema.withSchema(schema as string).alterTable('oidc_payloads', (t) => {
    t.dropIndex([], 'oidc_payloads_for_good');
    t.dropColumns('account', 'client');
  });
}
