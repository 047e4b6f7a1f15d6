import type { JsonWebKey } from 'node:crypto';

/** What is compared, by the name it has in the table. */
export const coreInMemory = 'core in memory';
export const coreOnNaive = 'core on naive knex';
export const coreOnOurs = 'core on our store';
export const coreInUnits = 'core on our store, in units of work';
export const coreWithoutExchange = "core on our store, in units of work, by pg's own queries";
export const coreWithoutForesight = 'core on our store, in units of work, without foresight';
export const oursInMemory = 'ours in memory';
export const ours = 'ours';
export const oursWithoutTrail = 'ours without the audit trail';
export const oursWithMetrics = 'ours with metrics';
export const oursRotating = 'ours, keys rotated every 2 s';
export const oursReloading = 'ours, read again every 2 s';
export const oursByOneWorker = 'ours, workers: 1';
export const oursByTwoWorkers = 'ours, workers: 2';

/** The whole server, as its file differs from that of `ours`. */
export const products = [
  ours,
  oursWithoutTrail,
  oursWithMetrics,
  oursRotating,
  oursReloading,
  oursByOneWorker,
  oursByTwoWorkers,
] as const;

export const subjectNames = [
  coreInMemory,
  coreOnNaive,
  coreOnOurs,
  coreInUnits,
  coreWithoutExchange,
  coreWithoutForesight,
  oursInMemory,
  ...products,
] as const;

export type SubjectName = (typeof subjectNames)[number];

/** What a server process is told at its start. */
export interface Start {
  readonly subject: SubjectName;
  readonly key: JsonWebKey;
  readonly database_url: string;
  /** A free one when it is absent. */
  readonly port?: number;
  /** FAPI 2.0 forbids it, and the store has to be right about it for others. */
  readonly rotate_refresh_token?: boolean;
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** The same for all processes of a database, as a deployment's is. */
export const encryptionKey = 'c2VhbHMgbm90aGluZyBidXQgbWVhc3VyZW1lbnRzISE=';
