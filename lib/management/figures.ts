import type { Knex } from 'knex';

import { ringName } from '../keys/keys.ts';
import { seconds } from '../seconds.ts';
import { KEPT } from '../store/kept.ts';
import { rowId } from '../store/row.ts';
import type { Store } from '../store/store.ts';
import type { Health, Served } from './health.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { Metrics } from './metrics.ts';

/** The pool that knex keeps its connections in; its types know no member of it. */
interface Pool {
  numUsed(): number;
  numFree(): number;
  numPendingAcquires(): number;
  numPendingCreates(): number;
}

const poolOf = (knex: Knex): Pool | undefined => (knex.client as { pool?: Pool }).pool;

/** Figures of the store: its statements, queues, pool and refused rows. */
export function storeFigures(metrics: Metrics, store: Store): void {
  metrics.total('oidc_store_round_trips_total', 'Statements sent to the database', () => store.roundTrips);
  metrics.total(
    'oidc_store_rows_refused_total',
    'Rows found that are not what was written in their place',
    () => store.refused,
  );
  metrics.gauge<'kind'>(
    'oidc_store_queue',
    'Reads and writes that wait for the next statement',
    (set) => {
      for (const [kind, length] of Object.entries(store.waiting)) set(length, { kind });
    },
    { labels: ['kind'] },
  );
  metrics.gauge<'state'>(
    'oidc_store_pool_connections',
    'Connections to the database, in use and idle',
    (set) => {
      const pool = poolOf(store.knex);
      set(pool?.numUsed() ?? 0, { state: 'used' });
      set(pool?.numFree() ?? 0, { state: 'free' });
    },
    { labels: ['state'] },
  );
  metrics.gauge('oidc_store_pool_waiting', 'Statements that wait for a connection', (set) =>
    set(poolOf(store.knex)?.numPendingAcquires() ?? 0),
  );
}

/** Figures of the process: readiness, certificates, the clock. */
export function healthFigures(metrics: Metrics, health: Health, certificates: () => readonly Served[]): void {
  metrics.gauge(
    'oidc_ready',
    '1 while /readyz answers 200',
    async (set) => set((await health.report()).status === 'ready' ? 1 : 0),
    { aggregator: 'min' },
  );
  metrics.gauge<'listener'>(
    'certificate_not_after_seconds',
    'End of the certificate that is served, in seconds since the epoch',
    (set) => {
      for (const { listener, certificate } of certificates()) set(Date.parse(certificate.validTo) / 1000, { listener });
    },
    { labels: ['listener'], aggregator: 'min' },
  );
  metrics.gauge(
    'oidc_clock_offset_seconds',
    "This machine's clock less the database's",
    async (set) => {
      await health.report();
      if (health.clockOffset !== undefined) set(health.clockOffset / 1000);
    },
    { aggregator: 'max' },
  );
}

/**
 * Figures of the purge.
 *
 * @returns a function that the purge calls with what it has deleted
 */
export function purgeFigures(metrics: Metrics): (purged: Readonly<Record<string, number>>) => void {
  let at = seconds();
  metrics.gauge(
    'oidc_purge_timestamp_seconds',
    'Last round of the purge, in seconds since the epoch',
    (set) => set(at),
    {
      aggregator: 'max',
    },
  );
  return (purged) => {
    at = seconds();
    for (const [model, rows] of Object.entries(purged)) metrics.purged.add({ model }, rows);
  };
}

/** Figures of the fleet, as this process knows it. */
export function fleetFigures(metrics: Metrics, heartbeat: Heartbeat): void {
  metrics.gauge<'state'>(
    'oidc_nodes',
    'Processes that were heard of lately, by state',
    (set) => {
      const counts: Record<string, number> = { serving: 0 };
      for (const { state } of heartbeat.nodes) counts[state] = (counts[state] ?? 0) + 1;
      for (const [state, count] of Object.entries(counts)) set(count, { state });
    },
    { labels: ['state'], aggregator: 'max' },
  );
  metrics.gauge<'part'>(
    'oidc_node_differences',
    '1 for each part in which the nodes that serve are not the same',
    (set) => {
      for (const { part } of heartbeat.differences) set(1, { part });
    },
    { labels: ['part'], aggregator: 'max' },
  );
}

interface DatedKey {
  readonly kid?: string;
  readonly status?: string;
  /** Milliseconds since the epoch. */
  readonly active_at?: number;
  readonly made_at?: number;
}

/** Ages of the signing keys that the database holds and that sign, where their dates are kept. */
export function keyFigures(metrics: Metrics, store: Store): void {
  const id = rowId(KEPT, ringName);
  metrics.gauge<'kid'>(
    'oidc_signing_key_age_seconds',
    'Time since an active signing key began to sign',
    async (set) => {
      // A database that is away has no keys to tell of; that it is away is told elsewhere.
      const [row] = await store.find([id]).catch(() => []);
      const text = row && store.open(KEPT, row);
      const { keys } = JSON.parse(text ?? '{"keys":[]}') as { readonly keys: readonly DatedKey[] };
      for (const { kid, status, made_at, active_at = made_at } of keys) {
        if (kid && status === 'active' && active_at) set((Date.now() - active_at) / 1000, { kid });
      }
    },
    { labels: ['kid'], aggregator: 'max' },
  );
}
