import type { KnexAdapterFactory } from '../store/adapter.ts';
import { auditTableOf } from '../store/statements.ts';
import type { Store } from '../store/store.ts';
import { Audit } from './audit.ts';
import { signer } from './checkpoint.ts';
import { auditKeys } from './open.ts';

/** The first of a month, UTC, so many months after the one the time is in. */
function monthOf(time: number, later = 0): Date {
  const date = new Date(time);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later, 1));
}

/** Partitions by month, by the name of each; the default partition holds what none of them does. */
async function partitionsOf(store: Store): Promise<{ name: string; until: number }[]> {
  const { rows } = await store.knex.raw(
    `select c.oid::regclass::text as name, pg_get_expr(c.relpartbound, c.oid) as bound
      from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = to_regclass(?)`,
    [auditTableOf(store.table)],
  );
  return (rows as { name: string; bound: string }[]).flatMap(({ name, bound }) => {
    const [, until] = /TO \('(\d+)'\)/.exec(bound) ?? [];
    return until ? [{ name, until: Number(until) }] : [];
  });
}

/** Months for which partitions are made ahead. */
const ahead = 12;

/**
 * Makes the partitions of the coming months, so that old records go by dropping a table instead of deleting rows. Needs
 * the rights of the tables' owner; gives up on a lock that others keep.
 *
 * @returns names of the partitions made
 */
export async function makePartitions(
  { knex, table: payloads }: Pick<Store, 'knex' | 'table'>,
  months = ahead,
  now = Date.now(),
): Promise<string[]> {
  const table = auditTableOf(payloads);
  const made: string[] = [];
  // Not the month under way: its first records are in the default partition, which would have to be read through.
  for (let later = 1; later <= months; later += 1) {
    const [from, until] = [monthOf(now, later), monthOf(now, later + 1)];
    const name = table.replace('oidc_audit', `oidc_audit_${from.toISOString().slice(0, 7).replace('-', '_')}`);
    const { rows } = await knex.raw('select to_regclass(?) is not null as exists', [name]);
    if (rows[0].exists) continue;
    await knex.transaction(async (trx) => {
      await trx.raw(`set local lock_timeout = '5s'`);
      await trx.raw(
        `create table ${name} partition of ${table} for values from (${from.getTime()}) to (${until.getTime()})`,
      );
    });
    made.push(name);
  }
  return made;
}

/** Rows that one transaction deletes at most. */
const batch = 10_000;

/** The last row of each chain from before a time. */
async function cutsBefore(store: Store, before: number): Promise<Record<string, number>> {
  const { rows } = await store.knex.raw(
    `select chain, max(seq) as seq from ${auditTableOf(store.table)} where at < ? group by chain`,
    [before],
  );
  return Object.fromEntries((rows as { chain: string; seq: string }[]).map(({ chain, seq }) => [chain, Number(seq)]));
}

async function drop(store: Store, before: number): Promise<number> {
  const table = auditTableOf(store.table);
  let partitions = 0;
  for (const { name, until } of await partitionsOf(store)) {
    if (until > before) continue;
    await store.knex.raw(`drop table ${name}`);
    partitions += 1;
  }
  for (let isMore = true; isMore; ) {
    const { rows } = await store.knex.raw(
      `delete from ${table} where (chain, seq, at) in
        (select chain, seq, at from ${table} where at < ? order by at limit ${batch}) returning 1 as one`,
      [before],
    );
    isMore = rows.length === batch;
  }
  return partitions;
}

/**
 * Drops records from before a time, whole partitions where there are such. A signed record says first how far each
 * chain goes, so that a verification tells what retention took from what somebody else did.
 */
export async function retire(
  adapter: KnexAdapterFactory,
  before: number,
): Promise<{ readonly rows: number; readonly partitions: number }> {
  const { store } = adapter;
  const cut = await cutsBefore(store, before);
  const { rows } = await store.knex.raw(`select count(*) as count from ${auditTableOf(store.table)} where at < ?`, [
    before,
  ]);
  const count = Number(rows[0].count);
  if (count === 0) return { rows: 0, partitions: 0 };
  const { signing, secret } = await auditKeys(adapter);
  const audit = new Audit(store, { sign: signer(signing), secret });
  await audit.write({ event: 'audit.retired', details: { before: new Date(before).toISOString(), rows: count, cut } });
  await audit.close();
  return { rows: count, partitions: await drop(store, before) };
}
