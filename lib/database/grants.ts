import type { Knex } from 'knex';

import { OperationalError } from '../errors.ts';
import { HISTORY, quoted, schemaOf, tableOf } from './schema.ts';

const everything = ['select', 'insert', 'update', 'delete'];

/** Rights of a server's role, by table. It appends to the trail, and can neither read nor change it. */
const rights: Readonly<Record<string, readonly string[]>> = {
  oidc_payloads: everything,
  oidc_audit: ['insert'],
  oidc_pseudonyms: everything,
  oidc_nodes: everything,
  oidc_limits: everything,
  oidc_settings: everything,
  [HISTORY]: ['select'],
};

/**
 * Statements that give a role what a server needs, and no more, to be run by whoever migrates. The role makes, changes
 * and drops nothing.
 */
export function runtimeGrants(role: string, schema = 'public'): string[] {
  return [
    `grant usage on schema ${quoted(schema)} to ${quoted(role)}`,
    ...Object.entries(rights).map(
      ([table, allowed]) => `grant ${allowed.join(', ')} on ${tableOf(schema, table)} to ${quoted(role)}`,
    ),
  ];
}

/** Time limits of a server's role, for statements whose process has died or waits no more. */
const limits = {
  statement_timeout: '30s',
  lock_timeout: '10s',
  idle_in_transaction_session_timeout: '60s',
};

/** Statements that limit how long a role's statements may take in this database; for whoever may alter the role. */
export function roleLimits(role: string): string[] {
  return Object.entries(limits).map(
    ([setting, value]) => `do $do$ begin
  execute format('alter role %I in database %I set ${setting} = %L', ${literal(role)}, current_database(), '${value}');
end $do$`,
  );
}

/**
 * Gives a role the rights of a server and its time limits.
 *
 * @returns the statements that the migrating role may not run
 * @throws {OperationalError} when there is no such role
 */
export async function grant(knex: Knex, role: string, schema?: string): Promise<{ left: readonly string[] }> {
  const { rows } = await knex.raw('select current_schema() as schema, to_regrole(?) is not null as exists', [
    quoted(role),
  ]);
  if (!rows[0].exists)
    throw new OperationalError(`there is no role ${role}: run \`create role ${quoted(role)} login\``);
  await knex.transaction(async (trx) => {
    for (const statement of runtimeGrants(role, schemaOf(knex, schema) ?? rows[0].schema))
      await trx.raw(plain(statement));
  });
  const left: string[] = [];
  for (const statement of roleLimits(role)) {
    await knex.raw(plain(statement)).catch((error) => {
      if (error.code !== INSUFFICIENT_PRIVILEGE) throw error;
      left.push(statement);
    });
  }
  return { left };
}

const INSUFFICIENT_PRIVILEGE = '42501';

/** Escapes question marks, which knex takes for placeholders. */
const plain = (statement: string) => statement.replaceAll('?', '\\?');

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** Answers a sentence that names the rights that the role of this connection lacks; none when it has all. */
export async function lackingRights(knex: Knex, schema: string | undefined): Promise<string[]> {
  const wanted = Object.entries(rights).flatMap(([table, allowed]) =>
    allowed.map((right) => ({ table: tableOf(schema, table), right })),
  );
  const { rows } = await knex.raw(
    `select current_user as role, t as name, r as right from unnest(?::text[], ?::text[]) as w (t, r)
      where to_regclass(t) is not null and not has_table_privilege(t, r)`,
    [wanted.map(({ table }) => table), wanted.map(({ right }) => right)],
  );
  if (rows.length === 0) return [];
  const lacking = rows.map(({ name, right }: { name: string; right: string }) => `${right} on ${name}`).join(', ');
  return [`the role ${rows[0].role} lacks ${lacking}: run \`oidc-provider-fapi migrate up --grant ${rows[0].role}\``];
}
