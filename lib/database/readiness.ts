import type { Knex } from 'knex';

import { OperationalError } from '../errors.ts';
import { log } from '../log.ts';
import { redacted } from '../redact.ts';
import { clockOffset, judgeClock, tellClock } from './clock.ts';
import { lackingRights } from './grants.ts';
import { type SchemaStatus, schemaStatus, tableOf } from './schema.ts';

/** Says what is wrong, or nothing. */
type Check = (knex: Knex, schema: string | undefined) => Promise<string[]>;

const message = (error: unknown) => redacted((error as Error).message || String((error as NodeJS.ErrnoException).code));

/** Lists the reasons why the server cannot be used: another make, a standby, or one that takes no writes. */
export const serverFaults = async (knex: Knex): Promise<string[]> => {
  const { rows } = await knex.raw(
    `select version(), pg_is_in_recovery() as standby, current_setting('default_transaction_read_only') as read_only`,
  );
  const [{ version, standby, read_only }] = rows;
  return [
    ...(/cockroach|redshift/i.test(version) ? [`the server is ${version}, not PostgreSQL`] : []),
    ...(standby ? ['the server is a standby: name the one that takes writes'] : []),
    ...(read_only === 'on' && !standby ? ['the server takes no writes: default_transaction_read_only is on'] : []),
  ];
};

const schemaIsKnown: Check = async (knex, schema) => {
  const status = await schemaStatus(knex, { schema });
  if (status === 'ahead, compatible')
    log.warn('a later version has migrated the database; what it added is not needed here');
  return schemaFaults(status);
};

/** Says what to do about a schema that is not this version's. */
export function schemaFaults(status: SchemaStatus): string[] {
  if (status === 'current' || status === 'ahead, compatible') return [];
  const remedy =
    status === 'behind' ? 'run `oidc-provider-fapi migrate up`, or migrate()' : 'run a version that knows it';
  return [`the database schema is ${status} of this version: ${remedy}`];
}

const clock: Check = async (knex) => {
  const offset = await clockOffset(knex);
  tellClock(offset);
  try {
    judgeClock(offset);
    return [];
  } catch (error) {
    return [message(error)];
  }
};

/**
 * Looks at everything a server needs of its database, and answers all that is wrong, a sentence each: the server's kind
 * and mode, the schema, the role's rights, the clocks. Where it does not answer, that is all there is to say.
 */
export async function faultsOf(knex: Knex, schema: string | undefined): Promise<string[]> {
  try {
    const found = await serverFaults(knex);
    if (found.length > 0) return found;
    const status = await schemaIsKnown(knex, schema);
    return [...status, ...(status.length > 0 ? [] : await lackingRights(knex, schema)), ...(await clock(knex, schema))];
  } catch (error) {
    return [`the database does not answer: ${message(error)}`];
  }
}

/**
 * Makes the database the issuer's, unless it is another's already: one statement, so of two that start at the same
 * moment one is refused.
 *
 * @returns a sentence that names the other one
 */
export async function ownerFaults(knex: Knex, schema: string | undefined, issuer: string): Promise<string[]> {
  const { rows } = await knex.raw(
    `insert into ${tableOf(schema, 'oidc_settings')} as s (name, value, changed_at) values ('issuer', ?, ?)
      on conflict (name) do update set value = s.value returning value`,
    [issuer, Date.now()],
  );
  if (rows[0].value === issuer) return [];
  const remedy = 'each issuer has a database or a schema of its own';
  return [`the database belongs to the issuer ${rows[0].value}, this is ${issuer}: ${remedy}`];
}

/**
 * Throws faults as one error.
 *
 * @throws {OperationalError} with all of them, when there are any.
 */
export function throwFaults(faults: readonly string[]): void {
  if (faults.length > 0) throw new OperationalError(faults.join('\n  '));
}
