import { hash } from 'node:crypto';

import type { Knex } from 'knex';

import { Exchange, type Value } from './exchange.ts';

/** A statement with its parameters; `text` is static, so that it is prepared once. */
export interface Statement {
  readonly text: string;
  readonly values: readonly Value[];
}

/** What `pg` and PGlite have in common, and what knex says of a connection that is not to be used again. */
interface Connection {
  query(text: string, values: unknown[], options: { rowMode: 'array' }): Promise<{ rows: unknown[][] }>;
  query(exchange: Exchange): void;
  /** PGlite has this, and is one for good. */
  waitReady?: Promise<void>;
  __knex__disposed?: unknown;
}

export interface ExecuteOptions {
  readonly prepared: boolean;
  /** Milliseconds, for a connection and the answer. */
  readonly timeout: number;
}

/** Answers that say that another connection may do better: the server stops, is a standby now, or forgot a plan. */
const isOutlived = (code: string) => !/^[0-9A-Z]{5}$/.test(code) || /^(08|57P|25006|0A000)/.test(code);

/** Runs a statement on one of knex's connections, without its query builder; answers rows of text (PGlite: numbers as numbers). */
export async function execute(knex: Knex, statement: Statement, options: ExecuteOptions): Promise<unknown[][]> {
  const late = new Error(`no answer within ${options.timeout} ms`);
  let connection: Connection | undefined;
  let expired = false;
  const rows = new Promise<unknown[][]>((resolve, reject) => {
    const timer = setTimeout(() => {
      expired = true;
      reject(late);
    }, options.timeout);
    acquire(knex)
      .then((acquired) => {
        if (expired) return void knex.client.releaseConnection(acquired);
        connection = acquired;
        return send(acquired, statement, options.prepared).then(resolve, reject);
      }, reject)
      .finally(() => clearTimeout(timer));
  });
  try {
    return await rows;
  } catch (error) {
    const outlived = isOutlived(String((error as { code?: unknown }).code));
    if (connection && !connection.waitReady && outlived) connection.__knex__disposed = error;
    throw error;
  } finally {
    if (connection) knex.client.releaseConnection(connection);
  }
}

async function acquire(knex: Knex): Promise<Connection> {
  return knex.client.acquireConnection();
}

async function send(connection: Connection, { text, values }: Statement, prepared: boolean): Promise<unknown[][]> {
  if (connection.waitReady) return (await connection.query(text, [...values], { rowMode: 'array' })).rows;
  return new Promise((resolve, reject) => {
    const name = prepared ? nameOf(text) : '';
    connection.query(new Exchange(name, text, values, (error, rows) => (error ? reject(error) : resolve(rows))));
  });
}

const names = new Map<string, string>();

/** From the text alone: behind a pooler, connections of several versions of this program share prepared statements. */
function nameOf(text: string): string {
  const cached = names.get(text);
  if (cached) return cached;
  const name = `oidc_${hash('sha256', text).slice(0, 16)}`;
  names.set(text, name);
  return name;
}
