import { setTimeout as delay } from 'node:timers/promises';

import type { Knex } from 'knex';
import { clockOffset, tellClock } from '../database/clock.ts';
import { schemaOf, tableOf } from '../database/schema.ts';
import { log } from '../log.ts';
import { seconds } from '../seconds.ts';
import { presets } from '../settings.ts';
import { purgeSettings } from './settings.ts';

export interface PurgeOptions {
  readonly schema?: string | undefined;
  /** Rows that one transaction deletes. */
  readonly batch?: number | undefined;
  /** Ends the purge after the batch under way. */
  readonly signal?: AbortSignal | undefined;
  /** Time to rest after each batch, for each unit of time it took; 0 for a purge nobody else is waiting behind. */
  readonly rest?: number | undefined;
}

const preset = presets(purgeSettings);

/** Rows deleted, by model. */
export type Purged = Record<string, number>;

const LOCK = 0x0a07_2026;

interface Batch {
  readonly models: string[];
  /** Start of the next batch; `undefined` when another node purges or nothing is left. */
  readonly next: number | undefined;
}

/**
 * Deletes one batch, under a lock of the transaction. A lock of the session would not last behind a pooler, which
 * shares sessions.
 */
function purgeBatch(knex: Knex, table: string, from: number, batch: number): Promise<Batch> {
  return knex.transaction(async (trx) => {
    const { rows: locks } = await trx.raw(
      `select pg_try_advisory_xact_lock(?, hashtext(?)) as mine,
        floor(extract(epoch from clock_timestamp()))::bigint as now`,
      [LOCK, table],
    );
    if (!locks[0].mine) return { models: [], next: undefined };
    // A process whose clock is ahead would delete what the others still need to tell that something was used.
    const now = Math.min(seconds(), Number(locks[0].now));
    // Onwards from where the last batch ended: deleted rows stay in the index until vacuum comes by.
    const { rows } = await trx.raw(
      `select encode(id, 'hex') as id, expires_at from ${table}
        where expires_at >= ? and expires_at < ? order by expires_at limit ?`,
      [from, now, batch],
    );
    if (rows.length === 0) return { models: [], next: undefined };
    // As one value: a thousand of them cost more than the rows' deletion. A row may have been written anew meanwhile.
    const ids = `{${rows.map(({ id }: { id: string }) => `"\\\\x${id}"`)}}`;
    const gone = await trx.raw(`delete from ${table} where id = any(?::bytea[]) and expires_at < ? returning model`, [
      ids,
      now,
    ]);
    const next = rows.length < batch ? undefined : Number(rows.at(-1).expires_at);
    return { models: gone.rows.map(({ model }: { model: string }) => model), next };
  });
}

/**
 * Deletes what has expired and been kept long enough, in small transactions. One node does it at a time: where another
 * one does, this answers at once.
 */
export async function purge(knex: Knex, options: PurgeOptions = {}): Promise<Purged> {
  const { batch = preset.batch, signal, rest = 0 } = options;
  const table = tableOf(schemaOf(knex, options.schema));
  const purged: Purged = {};
  let from: number | undefined = 0;
  while (from !== undefined && !signal?.aborted) {
    const started = performance.now();
    const { models, next }: Batch = await purgeBatch(knex, table, from, batch);
    for (const model of models) purged[model] = (purged[model] ?? 0) + 1;
    from = next;
    const resting = (performance.now() - started) * rest;
    if (from !== undefined) await delay(resting, undefined, { signal }).catch(() => {});
  }
  return purged;
}

export interface PurgeSchedule extends Omit<PurgeOptions, 'signal'> {
  /** Seconds between one purge and the next. */
  readonly interval?: number | undefined;
  readonly onPurged?: ((purged: Purged) => void) | undefined;
}

/** Purges from time to time, as long as the process lives; the answer stops it, and waits for the batch under way. */
export function startPurge(
  knex: Knex,
  { interval = preset.interval, onPurged, ...options }: PurgeSchedule = {},
): () => Promise<void> {
  const stopping = new AbortController();
  let running = Promise.resolve();
  const round = async () => {
    try {
      tellClock(await clockOffset(knex));
      const purged = await purge(knex, { rest: 1, ...options, signal: stopping.signal });
      if (Object.keys(purged).length > 0) log.info({ purged }, 'expired rows purged');
      onPurged?.(purged);
    } catch (error) {
      log.warn({ err: error }, 'expired rows could not be purged; the next round tries again');
    }
  };
  const timer = setInterval(() => {
    running = running.then(round);
  }, interval * 1000);
  timer.unref();
  return async () => {
    clearInterval(timer);
    stopping.abort();
    await running;
  };
}
