import { hash } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import type { Knex } from 'knex';

import { Exchange, type Value } from './exchange.ts';

/** A statement with its parameters; `text` is static, so that it is prepared once. */
export interface Statement {
  readonly text: string;
  readonly values: readonly Value[];
}

/** The part of `pg`'s client and of PGlite that is used here, and where knex reads that a connection is spent. */
interface Connection {
  query(text: string, values: unknown[], options: { rowMode: 'array' }): Promise<{ rows: unknown[][] }>;
  query(exchange: Exchange): void;
  /** PGlite has this, and is one for good. */
  readonly waitReady?: Promise<void>;
  readonly host?: string;
  readonly port?: number;
  readonly processID?: number;
  readonly secretKey?: number;
  __knex__disposed?: unknown;
}

export interface ExecuteOptions {
  readonly prepared: boolean;
  /** Milliseconds, each for getting a connection and for the answer. */
  readonly timeout: number;
}

const CANCEL = 80877102;

/**
 * True for an answer that says that another connection may do better: the server stops, is a standby now, or forgot a
 * plan.
 */
const isOutlived = (code: string) => !/^[0-9A-Z]{5}$/.test(code) || /^(08|57P|25006|0A000)/.test(code);

/**
 * Runs a statement on one of knex's connections, without its query builder; answers rows of text (PGlite: numbers as
 * numbers).
 *
 * @throws whatever the server or the pool says, or that there was no answer in time. The statement is then cancelled,
 *   and its place in the pool is free again when the server has said so: a server that works on what nobody waits for
 *   any more is not given more of it.
 */
export async function execute(knex: Knex, statement: Statement, options: ExecuteOptions): Promise<unknown[][]> {
  const late = new Error(`no answer within ${options.timeout} ms`);
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, options.timeout, late);
  });
  try {
    const connection = await acquire(knex, expiry);
    const answer = send(connection, statement, options.prepared);
    return await Promise.race([answer, expiry]).then(
      (rows) => {
        release(knex, connection);
        return rows;
      },
      (error) => {
        if (error === late) void giveUp(knex, connection, answer, options.timeout);
        else release(knex, connection, error);
        throw error;
      },
    );
  } finally {
    clearTimeout(timer);
  }
}

async function acquire(knex: Knex, expiry: Promise<never>): Promise<Connection> {
  const acquiring: Promise<Connection> = knex.client.acquireConnection();
  return Promise.race([acquiring, expiry]).catch((error) => {
    acquiring.then(
      (connection) => release(knex, connection),
      () => {},
    );
    throw error;
  });
}

/**
 * Gives a connection back to the pool.
 *
 * @param error of the statement it was last used for, which may say that the connection cannot be used any more
 */
function release(knex: Knex, connection: Connection, error?: unknown): void {
  const code = String((error as { code?: unknown } | undefined)?.code);
  if (error && !connection.waitReady && isOutlived(code)) connection.__knex__disposed = error;
  knex.client.releaseConnection(connection);
}

/** Waits for the server to end the statement, as long again as it had; then the connection is closed. */
async function giveUp(knex: Knex, connection: Connection, answer: Promise<unknown>, timeout: number): Promise<void> {
  const ended = Promise.all([
    answer.then(
      () => undefined,
      (error) => error,
    ),
    cancel(connection, timeout),
  ]).then(([error]) => error);
  const silent = delay(timeout, new Error('the server does not cancel'), { ref: false });
  release(knex, connection, await Promise.race([ended, silent]));
}

/**
 * Resolves when the server has taken the request, so that it cannot meet the next statement on the connection.
 * @see [PostgreSQL - Canceling Requests](https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS)
 */
function cancel({ host = '', port = 5432, processID, secretKey }: Connection, timeout: number): Promise<void> {
  if (!processID || !secretKey) return Promise.resolve();
  const request = Buffer.alloc(16);
  for (const [index, value] of [16, CANCEL, processID, secretKey].entries()) request.writeInt32BE(value, index * 4);
  const at = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
  return new Promise((resolve) => {
    const socket = connect(at).end(request).resume();
    socket.setTimeout(timeout, () => socket.destroy());
    socket.on('error', () => {}).on('close', () => resolve());
  });
}

async function send(connection: Connection, { text, values }: Statement, prepared: boolean): Promise<unknown[][]> {
  if (connection.waitReady) return (await connection.query(text, [...values], { rowMode: 'array' })).rows;
  return new Promise((resolve, reject) => {
    const name = prepared ? nameOf(text) : '';
    connection.query(new Exchange(name, text, values, (error, rows) => (error ? reject(error) : resolve(rows))));
  });
}

const names = new Map<string, string>();

/**
 * The name of a prepared statement, made of its text alone: behind a pooler, several versions of this program share
 * connections.
 */
function nameOf(text: string): string {
  const cached = names.get(text);
  if (cached) return cached;
  const name = `oidc_${hash('sha256', text).slice(0, 16)}`;
  names.set(text, name);
  return name;
}
